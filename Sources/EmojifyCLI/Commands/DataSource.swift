import FERCore
import Foundation

/// Reads the data a command was pointed at, and passes the reader's remarks on.
enum DataSource {
  /// The largest side that image files are read with; the network scales what it wants larger.
  private static let largestSide = 128

  /// - Parameter format: what a network takes: image files are read no smaller than that.
  static func load(
    _ path: String, for format: FaceFormat? = nil, _ terminal: Terminal
  ) throws -> FaceDataset {
    let wanted = format.map { max($0.width, $0.height) } ?? 48
    return try load(path, side: min(wanted, largestSide), terminal)
  }

  /// - Parameter side: of the images a folder's files become; a table has its own.
  static func load(_ path: String, side: Int, _ terminal: Terminal) throws -> FaceDataset {
    let stopwatch = Stopwatch()
    let dataset = try FaceDataset.load(from: URL(fileURLWithPath: path), side: side) { file in
      try ImageDecoder.grayPixels(of: file, side: side)
    }
    terminal.detail(
      "data: \(path), \(NumberText.count(dataset.count, "image")), read in \(stopwatch.text)")
    for warning in dataset.warnings { terminal.note("note: \(warning)") }
    return dataset
  }
}
