import Foundation

/// An image to look at: a file, or what comes on standard input.
struct ImageSource {
  /// What results and errors call it.
  let name: String
  private let isStandardInput: Bool

  init(file path: String) {
    name = path
    isStandardInput = false
  }

  static let standardInput = ImageSource()

  private init() {
    name = "-"
    isStandardInput = true
  }

  /// What a copy of it is named after.
  var nameForCopies: String { isStandardInput ? "stdin" : name }

  func bytes() throws -> Data {
    isStandardInput
      ? try Self.bytesOfStandardInput.get()
      : try ImageDecoder.bytes(of: URL(fileURLWithPath: name))
  }

  /// Kept, because they come only once: a labelled copy needs them again.
  private static let bytesOfStandardInput = Result {
    try ImageDecoder.bytes(of: .standardInput, name: "standard input")
  }
}
