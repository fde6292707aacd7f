import FERCore
import Foundation

/// Keeps results from taking the place of what they are made from, or of anything else.
enum InputGuard {
  /// Throws `EmojifyError`: `.usage` where one of `outputs` is one of `inputs` or of the others, under whatever name,
  /// `.missingInput` where the folder it is to lie in is not there.
  static func check(_ outputs: [String], against inputs: [String]) throws {
    let read = Set(inputs.map(resolved))
    var written: Set<String> = []
    for output in outputs {
      let place = resolved(output)
      guard !read.contains(place) else {
        throw EmojifyError.usage("\(output) is to be read and would be replaced: name another file")
      }
      guard written.insert(place).inserted else {
        throw EmojifyError.usage("\(output) is named for two results: name a file for each")
      }
      try checkFolder(of: output)
    }
  }

  /// Throws `EmojifyError.usage` where `output` is the data at `source`, or lies in that folder, whose images are read.
  static func check(_ output: String, outside source: String) throws {
    try check([output], against: [source])
    let folder = resolved(source)
    if resolved(output).hasPrefix(folder.hasSuffix("/") ? folder : folder + "/") {
      throw EmojifyError.usage(
        "\(output) lies in \(source), whose images are read: name a file elsewhere")
    }
  }

  /// Throws `EmojifyError.usage` where anything is at `path`, be it a link that leads nowhere.
  static func checkIsNew(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) != 0 else {
      throw EmojifyError.usage("\(path): is there already; it stays as it is")
    }
  }

  /// Before the work, not after it. Throws `EmojifyError.missingInput` where the folder that `output` is to lie in is not there.
  static func checkFolder(of output: String) throws {
    let folder = URL(fileURLWithPath: output).deletingLastPathComponent()
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder),
      isFolder.boolValue
    else {
      throw EmojifyError.missingInput("\(output): there is no folder \(folder.relativePath)")
    }
  }

  static func resolved(_ path: String) -> String {
    AtomicFile.place(of: URL(fileURLWithPath: path)).path
  }
}
