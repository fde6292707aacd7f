import Foundation

/// An image to look at: a file, or what comes on standard input.
struct ImageSource {
  /// What results and errors call it.
  let name: String
  /// What a copy of it is named after.
  let nameForCopies: String
  private let once: OnceRead?

  init(file path: String) {
    name = path
    nameForCopies = path
    once =
      Self.comesAgain(path)
      ? nil : OnceRead { try ImageDecoder.bytes(of: URL(fileURLWithPath: path)) }
  }

  static let standardInput = ImageSource()

  private init() {
    name = "-"
    nameForCopies = "stdin"
    once = OnceRead { try ImageDecoder.bytes(of: .standardInput, name: "standard input") }
  }

  func bytes() throws -> Data {
    try once?.bytes() ?? ImageDecoder.bytes(of: URL(fileURLWithPath: name))
  }

  /// A pipe, such as a shell's `<(…)`, has its bytes but once.
  private static func comesAgain(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) != 0 || information.st_mode & S_IFMT != S_IFIFO
  }
}

/// Bytes that come only once, kept: a labelled copy needs them again.
private final class OnceRead: @unchecked Sendable {
  private let read: @Sendable () throws -> Data
  private let lock = NSLock()
  private var result: Result<Data, any Error>?

  init(_ read: @escaping @Sendable () throws -> Data) { self.read = read }

  func bytes() throws -> Data {
    try lock.withLock {
      let known = result ?? Result(catching: read)
      result = known
      return try known.get()
    }
  }
}
