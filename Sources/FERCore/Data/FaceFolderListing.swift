import Foundation

/// The image files of a folder of faces, before any is opened.
struct FaceFolderListing {
  struct File {
    let path: String
    /// The class folder's path and name.
    let folder: String
    let className: String
    let split: FaceDataset.Split
    /// The last number in the file's name, which orders the files; past all others without one.
    let number: Int
  }

  private(set) var files: [File] = []
  private var strays = 0
  /// Folders with images that lie beside the splits' folders, so that nobody knows which split theirs is.
  private var lonely: [String] = []
  /// The folder, as messages and paths name it.
  let root: String

  /// A line about each kind of thing that was left out.
  var warnings: [String] {
    var warnings: [String] = []
    if !lonely.isEmpty {
      warnings.append(
        "\(root): left out \(plural(lonely.count, "folder", "folders")) \(lonely.joined(separator: ", ")), which "
          + "\(plural(lonely.count, "has", "have")) images but \(plural(lonely.count, "lies", "lie")) beside "
          + "train, validation or test and in none of them")
    }
    if strays > 0 {
      warnings.append(
        "\(root): left out \(strays) \(plural(strays, "entry", "entries")) without a face")
    }
    return warnings
  }

  /// Throws `EmojifyError.missingInput` for what is no readable folder, `.badData` for one without
  /// images.
  init(_ url: URL) throws {
    // Messages show the path as the user gave it, where that leads to the same place.
    root = FileManager.default.fileExists(atPath: url.relativePath) ? url.relativePath : url.path
    let entries = try Self.entries(of: root)
    let splitFolders = entries.filter {
      Self.split(ofFolder: $0) != nil && isFolder("\(root)/\($0)")
    }
    if splitFolders.isEmpty {
      try readClasses(in: root, entries, split: .training)
    } else {
      for name in entries where !splitFolders.contains(name) {
        let path = "\(root)/\(name)"
        if let names = try? Self.entries(of: path), names.contains(where: Self.isImage) {
          lonely.append(name)
        } else {
          strays += 1
        }
      }
      for name in splitFolders {
        let path = "\(root)/\(name)"
        try readClasses(
          in: path, try Self.entries(of: path), split: Self.split(ofFolder: name) ?? .training)
      }
    }
    guard !files.isEmpty else {
      throw EmojifyError.badData(
        "\(root): has no images, expected train/<class>/*.png (or .jpg) and test/<class>/*.png")
    }
  }

  private mutating func readClasses(
    in folder: String, _ names: [String], split: FaceDataset.Split
  ) throws {
    for className in names {
      let path = "\(folder)/\(className)"
      guard isFolder(path) else {
        strays += 1
        continue
      }
      for name in try Self.entries(of: path) {
        guard Self.isImage(name), !isOdd("\(path)/\(name)") else {
          strays += 1
          continue
        }
        files.append(
          File(
            path: "\(path)/\(name)", folder: path, className: className,
            split: Self.split(ofFile: name) ?? split, number: Self.lastNumber(in: name)))
      }
    }
  }

  /// What a folder holds but hidden files, in a fixed order.
  private static func entries(of path: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw EmojifyError.missingInput("\(path): is not a folder that can be read")
    }
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Whether it is there and no file: opening a pipe would wait for whoever writes into it.
  private func isOdd(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
  }

  private static func split(ofFolder name: String) -> FaceDataset.Split? {
    switch name.lowercased() {
    case "train", "training": .training
    case "val", "valid", "validation": .publicTest
    case "test", "testing": .privateTest
    default: nil
    }
  }

  private static func split(ofFile name: String) -> FaceDataset.Split? {
    FaceDataset.Split.allCases.first { name.hasPrefix($0.name + "_") }
  }

  private static func isImage(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return ["png", "jpg", "jpeg"].contains(name[name.index(after: dot)...].lowercased())
  }

  private static func lastNumber(in name: String) -> Int {
    let stem = Array(name.utf8.prefix { $0 != UInt8(ascii: ".") })
    let isDigit: (UInt8) -> Bool = { $0 >= 0x30 && $0 <= 0x39 }
    guard let last = stem.lastIndex(where: isDigit) else { return .max }
    let first = stem[...last].lastIndex { !isDigit($0) }.map { $0 + 1 } ?? 0
    return Int(String(decoding: stem[first...last], as: UTF8.self)) ?? .max
  }
}
