import FERCore
import Foundation

/// Where annotated copies of images are written: to the file `output` where it has an image's extension, else to
/// `NAME-emojify.png` in the folder `output` (made where it is missing), else in the current folder.
struct PicturePaths {
  /// What a copy's name has behind its original's.
  static let mark = "-emojify"

  private let file: URL?
  private let folder: URL?
  private var used: Set<String> = []
  /// What must stay as it is, resolved.
  private var originals: Set<String>

  /// `imageCount` is nil for a list nobody has read yet; `originals` are the images that are known to be read.
  ///
  /// Throws a usage error where several images would go to one file, or into one of a format that is not written, and
  /// `EmojifyError.missingInput` where the file's folder is not there.
  init(output: String?, imageCount: Int?, originals: [String] = []) throws {
    self.originals = Set(originals.map(InputGuard.resolved))
    guard let output, Self.isFile(output) else {
      file = nil
      folder = try output.map(Self.makeFolder)
      return
    }
    guard imageCount == 1 else {
      throw EmojifyError.usage(
        "--output \(output) is one file for \(imageCount.map(String.init) ?? "a list of") images: "
          + "name a folder")
    }
    let file = URL(fileURLWithPath: output)
    try Image.checkEnding(of: file)
    try InputGuard.checkFolder(of: output)
    self.file = file
    folder = nil
  }

  /// Takes note of `images` that are read now; no target for them or a later one takes the place of one of them.
  mutating func keep(_ images: [String]) {
    originals.formUnion(images.map(InputGuard.resolved))
  }

  /// The target for the next image. Throws a usage error where it would replace its original, or another's.
  mutating func target(for image: String) throws -> URL {
    let target = file ?? place(of: unusedName(for: image))
    let resolved = InputGuard.resolved(target.path)
    if resolved == InputGuard.resolved(image) {
      throw EmojifyError.usage("\(image) would be replaced by its annotated copy")
    }
    if originals.contains(resolved) {
      throw EmojifyError.usage(
        "\(target.relativePath) is to be read and would be replaced by the annotated copy of \(image)"
      )
    }
    return target
  }

  /// Not relative to the folder, so that messages name it too.
  private func place(of name: String) -> URL {
    folder?.appendingPathComponent(name) ?? URL(fileURLWithPath: name)
  }

  private mutating func unusedName(for image: String) -> String {
    let stem = URL(fileURLWithPath: image).deletingPathExtension().lastPathComponent
    var name = "\(stem)\(Self.mark).png"
    var number = 2
    while !used.insert(name).inserted {
      name = "\(stem)-\(number)\(Self.mark).png"
      number += 1
    }
    return name
  }

  private static func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      return !isFolder.boolValue
    }
    return !path.hasSuffix("/") && !URL(fileURLWithPath: path).pathExtension.isEmpty
  }

  private static func makeFolder(_ path: String) throws -> URL {
    let folder = URL(fileURLWithPath: path, isDirectory: true)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw EmojifyError.missingInput("\(path): the folder cannot be made")
    }
    return folder
  }
}
