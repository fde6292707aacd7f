import FERCore
import Foundation

/// The table `video --timeline` writes: a row for each face seen in each frame looked at.
final class VideoTimeline {
  private static let head = ["time_s", "frame", "face", "x", "y", "w", "h", "emotion", "score"]

  private static let flushAt = 1 << 16
  private let handle: FileHandle
  private let name: String
  private let columns: [FaceClass]
  private var text: String

  /// `name` is what errors call the file, `columns` are the classes that have one.
  init(_ file: URL, name: String, columns: [FaceClass]) throws {
    guard let handle = try? FileHandle(forWritingTo: file) else {
      throw EmojifyError.missingInput("\(name): cannot write")
    }
    self.handle = handle
    self.name = name
    self.columns = columns
    text = CSVOutput.line(Self.head + columns.map(\.name)) + "\n"
  }

  /// Throws `EmojifyError.internalFault` where the disk is full.
  func add(
    _ face: TrackedFace, _ best: (emotion: FaceClass, score: Float), of classes: [FaceClass],
    in frame: VideoFrame
  ) throws {
    let box = [face.box.x, face.box.y, face.box.width, face.box.height].map(String.init)
    let scores = columns.map { column in
      classes.firstIndex(of: column).map { NumberText.fixed(face.probabilities[$0], 6) } ?? ""
    }
    let head = [NumberText.fixed(frame.seconds, 3), String(frame.index), String(face.number)]
    let row = head + box + [best.emotion.name, NumberText.fixed(best.score, 6)] + scores
    text += CSVOutput.line(row) + "\n"
    if text.utf8.count > Self.flushAt { try flush() }
  }

  func flush() throws {
    do {
      try handle.write(contentsOf: Data(text.utf8))
      text = ""
    } catch {
      throw EmojifyError.internalFault("\(name): cannot write: is the disk full?")
    }
  }
}
