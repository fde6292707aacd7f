import FERCore
import Foundation

/// Image arguments: files as they are, folders as the images in them.
enum ImagePaths {
  private static let extensions: Set = [
    "jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "pgm", "ppm",
  ]

  /// The paths in the order given, without repetitions. A file is taken whatever its name; of a folder those that
  /// look like images, in order of their names.
  static func expand(_ paths: [String]) throws -> [String] {
    var seen: Set<String> = []
    return try paths.flatMap(files).filter { seen.insert($0).inserted }
  }

  private static func files(_ path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else { return [path] }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw EmojifyError.missingInput("\(path): the folder cannot be read")
    }
    let images = names.filter {
      !$0.hasPrefix(".") && extensions.contains(URL(fileURLWithPath: $0).pathExtension.lowercased())
    }.sorted()
    guard !images.isEmpty else {
      throw EmojifyError.missingInput("\(path): there are no images in this folder")
    }
    let folder = path.hasSuffix("/") ? path : path + "/"
    return images.map { folder + $0 }
  }
}

/// Where annotated copies of images are written.
enum PicturePaths {
  /// A target for each image: the file `output` where it has an image's extension, else `NAME-emojify.png` in the
  /// folder `output` (made where it is missing), else `NAME-emojify.png` in the current folder.
  ///
  /// Throws a usage error where several images would go to one file, or one would replace its original.
  static func plan(_ images: [String], output: String?) throws -> [String: URL] {
    var targets: [String: URL] = [:]
    if let output, isFile(output) {
      guard images.count == 1 else {
        throw EmojifyError.usage(
          "--output \(output) is one file for \(images.count) images: name a folder")
      }
      targets[images[0]] = URL(fileURLWithPath: output)
    } else {
      var used: Set<String> = []
      let folder = try output.map(makeFolder)
      for image in images {
        let stem = URL(fileURLWithPath: image).deletingPathExtension().lastPathComponent
        var name = "\(stem)-emojify.png"
        var number = 2
        while !used.insert(name).inserted {
          name = "\(stem)-\(number)-emojify.png"
          number += 1
        }
        targets[image] = URL(fileURLWithPath: name, relativeTo: folder)
      }
    }
    for (image, target) in targets {
      let original = URL(fileURLWithPath: image).resolvingSymlinksInPath().path
      if original == target.resolvingSymlinksInPath().path {
        throw EmojifyError.usage("\(image) would be replaced by its annotated copy")
      }
    }
    return targets
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
