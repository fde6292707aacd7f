import FERCore
import Foundation

/// Reads the data a command was pointed at, and passes the reader's remarks on.
enum DataSource {
  static func load(_ path: String, _ terminal: Terminal) throws -> FaceDataset {
    let stopwatch = Stopwatch()
    let dataset = try FaceDataset.load(from: URL(fileURLWithPath: path)) { file in
      try ImageDecoder.grayPixels(of: file, side: 48)
    }
    terminal.detail(
      "data: \(path), \(NumberText.count(dataset.count, "image")), read in \(stopwatch.text)")
    for warning in dataset.warnings { terminal.note("note: \(warning)") }
    return dataset
  }
}
