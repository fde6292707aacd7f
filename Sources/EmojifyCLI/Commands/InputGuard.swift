import FERCore
import Foundation

/// Keeps results from taking the place of what they are made from.
enum InputGuard {
  /// Throws `EmojifyError.usage` where one of `outputs` is one of `inputs`, under whatever name.
  static func check(_ outputs: [String], against inputs: [String]) throws {
    let read = Set(inputs.map(resolved))
    if let output = outputs.first(where: { read.contains(resolved($0)) }) {
      throw EmojifyError.usage("\(output) is to be read and would be replaced: name another file")
    }
  }

  static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }
}
