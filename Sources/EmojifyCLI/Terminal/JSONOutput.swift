import FERCore
import Foundation

/// Results for programs: one JSON value on stdout, keys in alphabetical order.
enum JSONOutput {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw EmojifyError.internalFault("the result cannot be written as JSON: \(error)")
    }
  }

  static func write(_ value: some Encodable) throws { print(try text(value)) }
}
