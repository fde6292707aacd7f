import COpenCV
import FERCore
import Foundation

/// Writes frames of one size and rate into an MP4 file: H.264 where FFmpeg has an encoder for it, else MPEG-4.
struct VideoWriter: ~Copyable {
  /// What a file may be called.
  static let fileExtension = "mp4"

  private let handle: VideoWriterHandle
  private let file: URL
  private let name: String
  private(set) var frames = 0

  /// `name` is what errors call the file, whose own may be a temporary one. A frame's odd last row or column is not
  /// written: H.264 halves its colours.
  ///
  /// Throws `EmojifyError.badData` where the encoder does not take frames of that size.
  init(file: URL, name: String, framesPerSecond: Double, width: Int, height: Int) throws {
    handle = try VideoWriterHandle(
      file: file.path,
      name: "\(name): frames of \(width) x \(height) at \(framesPerSecond) a second",
      framesPerSecond: framesPerSecond, width: width, height: height)
    self.file = file
    self.name = name
  }

  mutating func write(_ image: Image) throws {
    try openCV(name) {
      copencv_video_writer_write(handle.pointer, image.handle.pointer, $0, $1)
    }
    frames += 1
  }

  /// Ends the file and looks whether it holds every frame: OpenCV does not say when the disk is full.
  ///
  /// Throws `EmojifyError.internalFault` where it does not.
  consuming func finish() throws {
    let (file, name, frames) = (self.file, self.name, self.frames)
    _ = consume self  // writes the file's index
    let found = (try? VideoReader(file: file))?.frameCount ?? 0
    guard found == frames else {
      throw EmojifyError.internalFault(
        "\(name): \(found) of \(frames) frames were written; is the disk full?")
    }
  }

  /// Throws `EmojifyError.usage` for a name that does not end in `.mp4`.
  static func checkEnding(of path: String) throws {
    guard URL(fileURLWithPath: path).pathExtension.lowercased() != fileExtension else { return }
    throw EmojifyError.usage("\(path): videos are written as MP4, expected a name ending in .mp4")
  }
}
