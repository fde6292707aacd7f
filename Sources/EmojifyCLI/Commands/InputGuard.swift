import FERCore
import Foundation

/// Keeps results from taking the place of what they are made from, or of anything else.
enum InputGuard {
  /// Throws `EmojifyError.usage` where one of `outputs` is one of `inputs`, under whatever name.
  static func check(_ outputs: [String], against inputs: [String]) throws {
    let read = Set(inputs.map(resolved))
    if let output = outputs.first(where: { read.contains(resolved($0)) }) {
      throw EmojifyError.usage("\(output) is to be read and would be replaced: name another file")
    }
  }

  /// Throws `EmojifyError.usage` where anything is at `path`, be it a link that leads nowhere.
  static func checkIsNew(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) != 0 else {
      throw EmojifyError.usage("\(path): is there already; it stays as it is")
    }
  }

  static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }
}
