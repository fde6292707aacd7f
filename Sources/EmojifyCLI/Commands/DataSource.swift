import FERCore
import Foundation

/// Reads the data a command was pointed at, and passes the reader's remarks on.
enum DataSource {
  static func load(_ path: String, _ terminal: Terminal) throws -> FaceDataset {
    let dataset = try FaceDataset.load(from: URL(fileURLWithPath: path)) { file in
      try ImageDecoder.grayPixels(of: file, side: 48)
    }
    for warning in dataset.warnings { terminal.note("note: \(warning)") }
    return dataset
  }
}
