import FERCore
import Foundation

/// Results for programs: one JSON value on stdout, keys in alphabetical order.
enum JSONOutput {
  static func text(
    _ value: some Encodable,
    _ form: JSONEncoder.OutputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = form
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw EmojifyError.internalFault("the result cannot be written as JSON: \(error)")
    }
  }

  /// The value without line breaks.
  static func line(_ value: some Encodable) throws -> String {
    try text(value, [.sortedKeys, .withoutEscapingSlashes])
  }

  static func write(_ value: some Encodable) throws { print(try text(value)) }
}

/// A JSON array on stdout whose elements come one after the other: the same bytes as the array written at once.
struct JSONArrayOutput {
  private var isEmpty = true

  init() { print("[", terminator: "") }

  mutating func write(_ element: some Encodable) throws {
    // An array of one without its brackets: the element, indented as it belongs.
    let text = try JSONOutput.text([element]).dropFirst().dropLast(2)
    print(isEmpty ? "" : ",", text, separator: "", terminator: "")
    isEmpty = false
  }

  func end() { print(isEmpty ? "\n\n]" : "\n]") }
}
