import FERCore
import Foundation

/// Image arguments: files as they are, folders as the images in them, patterns as what they match.
enum ImagePaths {
  private static let extensions: Set = [
    "jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "pgm", "ppm",
  ]

  /// The paths in the order given, without repetitions. A file is taken whatever its name; of a folder those that
  /// look like images, in order of their names, without the annotated copies of others; a pattern such as `*.jpg` that no file is called by stands for what
  /// a shell would have made of it.
  static func expand(_ paths: [String], recursive: Bool = false) throws -> [String] {
    var seen: Set<String> = []
    return try paths.flatMap { path in
      try matches(of: path).flatMap { try files($0, recursive: recursive) }
    }.filter { seen.insert($0).inserted }
  }

  /// `path` itself, or the images in the folder it names.
  static func files(_ path: String, recursive: Bool) throws -> [String] {
    guard isFolder(path) else { return [path] }
    let images = try images(in: path, recursive: recursive)
    guard !images.isEmpty else {
      throw EmojifyError.missingInput(
        "\(path): there are no images in this folder"
          + (recursive ? "" : "; --recursive looks into its sub-folders"))
    }
    return images
  }

  private static func images(in path: String, recursive: Bool) throws -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw EmojifyError.missingInput("\(path): the folder cannot be read")
    }
    let folder = path.hasSuffix("/") ? path : path + "/"
    let stems = Set(names.filter(hasExtension).map(stem))
    return try names.filter { !$0.hasPrefix(".") }.sorted().flatMap { name in
      // Links to folders are not followed: they may lead round in a circle.
      if recursive, isFolder(folder + name, followingLinks: false) {
        return try images(in: folder + name, recursive: true)
      }
      return hasExtension(name) && !isAnnotated(name, among: stems) ? [folder + name] : []
    }
  }

  private static func hasExtension(_ name: String) -> Bool {
    extensions.contains(name.split(separator: ".").dropFirst().last?.lowercased() ?? "")
  }

  private static func stem(_ name: String) -> String {
    URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent
  }

  /// Whether it is called as the annotated copy of an image that lies beside it, which is no photo.
  private static func isAnnotated(_ name: String, among stems: Set<String>) -> Bool {
    let stem = stem(name)
    return stem.hasSuffix(PicturePaths.mark)
      && stems.contains(String(stem.dropLast(PicturePaths.mark.count)))
  }

  /// What a pattern matches, in order of the names; `path` itself where it is none.
  private static func matches(of path: String) throws -> [String] {
    guard path.contains(where: { "*?[".contains($0) }), access(path, F_OK) != 0 else {
      return [path]
    }
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(path, 0, nil, &found) == 0 else {
      throw EmojifyError.missingInput("\(path): no such file, and as a pattern it matches none")
    }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
  }

  private static func isFolder(_ path: String, followingLinks: Bool = true) -> Bool {
    var status = stat()
    guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFDIR
  }
}
