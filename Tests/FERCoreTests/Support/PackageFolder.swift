import Foundation

/// Places in the checkout that tests read.
enum PackageFolder {
  static let root = URL(fileURLWithPath: #filePath)  // Tests/FERCoreTests/Support/PackageFolder.swift
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func fixture(_ name: String) -> URL {
    root.appendingPathComponent("Tests/FERCoreTests/Fixtures/\(name)")
  }

  /// A file of the optional material beside the checkout, or nil where it is not there.
  static func shared(_ path: String) -> URL? {
    let url = root.deletingLastPathComponent().appendingPathComponent("shared/\(path)")
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }
}
