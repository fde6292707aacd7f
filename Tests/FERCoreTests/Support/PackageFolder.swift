import Foundation

/// Places in the checkout that tests read.
enum PackageFolder {
  // This file is Tests/FERCoreTests/Support/PackageFolder.swift.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func fixture(_ name: String) -> URL {
    root.appendingPathComponent("Tests/FERCoreTests/Fixtures/\(name)")
  }

  /// A file of the optional material beside the checkout (or beside the folder its worktrees lie in), or nil where it
  /// is not there.
  static func shared(_ path: String) -> URL? {
    let parents = [root.deletingLastPathComponent()].flatMap {
      [$0, $0.deletingLastPathComponent()]
    }
    return parents.map { $0.appendingPathComponent("shared/\(path)") }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }
}
