import Foundation

/// Labelled gray faces in memory, one byte a pixel: all of FER-2013 is 82 MB.
///
/// A value type that shares its pixels; reading it from several threads is safe.
public struct FaceDataset: Sendable {
  /// What an image is for: FER-2013's three parts (Goodfellow et al. 2013).
  public enum Split: UInt8, CaseIterable, Sendable, Codable {
    /// What a network learns from.
    case training
    /// What settings and the best epoch are chosen on: the challenge's public leaderboard.
    case publicTest
    /// What only the final score is taken on: the challenge's private leaderboard.
    case privateTest

    /// The word in the `Usage` column: Training, PublicTest, PrivateTest.
    public var name: String {
      switch self {
      case .training: "Training"
      case .publicTest: "PublicTest"
      case .privateTest: "PrivateTest"
      }
    }
  }

  /// Where the images came from, kept small.
  enum Origin: Sendable {
    /// Nowhere: drawn, or made by the caller.
    case none
    /// A table and the 1-based line of each image in it.
    case lines(file: String, numbers: [Int32])
    /// One path an image, and the folder all of them lie in.
    case paths([String], folder: String)
  }

  /// Width and height of every image, in pixels.
  public let side: Int
  /// All images one after the other, row-major, 0 black to 255 white: `count * side * side` bytes.
  public let pixels: [UInt8]
  /// The class of each image, an index into `classNames`.
  public let labels: [UInt8]
  public let splits: [Split]
  /// What the labels mean, in label order.
  public let classNames: [String]
  /// What a reader found odd and went on: one line each, for stderr.
  public let warnings: [String]
  let origin: Origin

  public var count: Int { labels.count }
  public var classCount: Int { classNames.count }
  /// Pixels of one image.
  public var imageSize: Int { side * side }

  /// Traps unless the parts fit together; readers check the outside world before.
  public init(
    side: Int = 48, pixels: [UInt8], labels: [UInt8], splits: [Split],
    classNames: [String] = Emotion.allCases.map(\.name)
  ) {
    self.init(
      side: side, pixels: pixels, labels: labels, splits: splits, classNames: classNames,
      origin: .none)
  }

  init(
    side: Int, pixels: [UInt8], labels: [UInt8], splits: [Split], classNames: [String],
    origin: Origin, warnings: [String] = []
  ) {
    precondition(pixels.count == labels.count * side * side, "pixels and labels disagree")
    precondition(splits.count == labels.count, "splits and labels disagree")
    precondition(labels.allSatisfy { Int($0) < classNames.count }, "a label has no class name")
    self.side = side
    self.pixels = pixels
    self.labels = labels
    self.splits = splits
    self.classNames = classNames
    self.origin = origin
    self.warnings = warnings
  }

  /// The bytes of image `index`, row-major, a copy.
  public func image(_ index: Int) -> [UInt8] {
    Array(pixels[index * imageSize..<(index + 1) * imageSize])
  }

  /// Where image `index` came from, as `fer2013.csv:1207` or a path; nil for drawn images.
  public func source(of index: Int) -> String? {
    switch origin {
    case .none: nil
    case .lines(let file, let numbers): "\(file):\(numbers[index])"
    case .paths(let paths, _): paths[index]
    }
  }

  /// What image `index` is called within its data, wherever that lies: the line of the table, 1-based with
  /// the header as line 1, or the path below the folder; nil for drawn images.
  public func reference(of index: Int) -> String? {
    switch origin {
    case .none: nil
    case .lines(_, let numbers): String(numbers[index])
    case .paths(let paths, let folder):
      paths[index].hasPrefix(folder + "/")
        ? String(paths[index].dropFirst(folder.count + 1)) : paths[index]
    }
  }

  /// Reads what `url` is: a folder of class folders, or a table in one of fer2013.csv's forms.
  ///
  /// `decoder` is used for folders only, and gives images of `side`. Throws `EmojifyError` as `FaceTableReader.read` and
  /// `FaceFolderReader.read` say.
  public static func load(
    from url: URL, side: Int = 48, decoder: FaceDecoder
  ) throws -> FaceDataset {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw EmojifyError.missingInput("\(url.relativePath): no such file or folder")
    }
    return isFolder.boolValue
      ? try FaceFolderReader.read(url, side: side, decoder: decoder) : try FaceTableReader.read(url)
  }
}

/// Reads an image file as `side * side` gray bytes, row-major, whatever its own size. Called from
/// several threads.
public typealias FaceDecoder = @Sendable (URL) throws -> [UInt8]
