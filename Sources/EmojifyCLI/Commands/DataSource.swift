import FERCore
import Foundation

/// Reads the data a command was pointed at, and passes the reader's remarks on.
enum DataSource {
  /// Of FER-2013's images, and of all that nobody wants otherwise.
  static let usualSide = 48

  private static func read(_ path: String, side: Int) throws -> FaceDataset {
    try FaceDataset.load(from: URL(fileURLWithPath: path), side: side) { file in
      try ImageDecoder.grayPixels(of: file, side: side)
    }
  }

  /// - Parameter format: what a network takes: image files are read no smaller than that, as they are to train it.
  static func load(
    _ path: String, for format: FaceFormat? = nil, _ terminal: Terminal
  ) throws -> FaceDataset {
    let wanted = format.map { max($0.width, $0.height) } ?? usualSide
    return try load(path, side: wanted, terminal)
  }

  /// - Parameter side: of the images a folder's files become; a table has its own.
  static func load(_ path: String, side: Int, _ terminal: Terminal) throws -> FaceDataset {
    let stopwatch = Stopwatch()
    let dataset = try read(path, side: side)
    terminal.detail(
      "data: \(path), \(NumberText.count(dataset.count, "image")), read in \(stopwatch.text)")
    for warning in dataset.warnings { terminal.note("note: \(warning)") }
    return dataset
  }

  /// What a list names of `dataset`, which holds some or all of the images of `all`, read from `source`. A list knows its data by
  /// pixels at the size that 'dataset clean' reads, which a network of another size does not.
  static func skipped(
    _ list: SkipList, _ source: String, _ all: FaceDataset, in dataset: FaceDataset
  ) throws -> [Int] {
    let listed = all.side == usualSide ? all : try read(source, side: usualSide)
    let references = Set(
      try list.indices(in: listed, source: source).compactMap(listed.reference(of:)))
    return dataset.labels.indices.filter { index in
      dataset.reference(of: index).map(references.contains) ?? false
    }
  }
}

extension FaceDataset {
  /// The images of these classes, of all where none is named.
  func selecting(_ classes: [String]) throws -> FaceDataset {
    classes.isEmpty ? self : try selecting(classes: classes)
  }
}
