import FERCore
import Foundation

/// The images of a command line, a few at a time: those it names, then those of its list.
struct ImageQueue {
  /// How many there are; nil where a list says so only at its end.
  let count: Int?
  private var paths: ArraySlice<String>
  private let list: PathList?

  /// `-` among `paths` is one image on standard input; as `list` it is a list of files there.
  ///
  /// Throws `EmojifyError.missingInput` for a folder or pattern without images and a list that cannot be read.
  init(_ paths: [String], list: String?, recursive: Bool) throws {
    self.paths = try ImagePaths.expand(paths, recursive: recursive)[...]
    self.list = try list.map { try PathList($0) }
    count = list == nil ? self.paths.count : nil
  }

  /// The images still to come, without those of the list.
  var named: some Sequence<ImageSource> { paths.lazy.map(Self.source) }

  private static func source(_ path: String) -> ImageSource {
    path == "-" ? .standardInput : ImageSource(file: path)
  }

  /// At most `limit` images, at least one unless all have been given. Of a list those that are there: it may be what
  /// another program is still writing.
  mutating func next(upTo limit: Int) throws -> [ImageSource] {
    let named = paths.prefix(limit).map(Self.source)
    paths = paths.dropFirst(named.count)
    guard named.isEmpty, let list else { return named }
    return try list.next(upTo: limit).map { ImageSource(file: $0) }
  }
}
