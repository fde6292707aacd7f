import Dispatch
import FERCore
import Foundation

/// A video on its way through three stages that work at the same time, each on a thread of its own: reading, looking for
/// faces, and drawing with encoding. Frames keep their order; a few are in memory.
final class VideoPipeline: Sendable {
  /// A frame and what is to be drawn on it.
  struct Annotated: Sendable {
    let image: Image
    /// From the video's beginning.
    let seconds: Double
    let faces: [EmojiPanel.Face]
  }

  private static let framesBetweenStages = 8
  private let reader: VideoReader
  private let stop: StopRequest

  init(_ reader: VideoReader, stop: StopRequest) {
    self.reader = reader
    self.stop = stop
  }

  /// Runs the video through. `look` is called on this thread, `draw` on another: it makes the pictures that `output`
  /// takes. Without an output nothing is drawn. The output's frames come evenly: where the reader's do not, one is
  /// repeated or left out, so that both last equally long.
  ///
  /// - Parameter named: what errors call the output.
  /// - Returns: how many frames were read.
  func run(
    to output: URL?, named: String, look: (VideoFrame) throws -> Annotated,
    draw: @escaping @Sendable (Annotated) throws -> Image
  ) throws -> Int {
    let frames = BoundedQueue<VideoFrame>(limit: Self.framesBetweenStages)
    let annotated = BoundedQueue<Annotated>(limit: Self.framesBetweenStages)
    let reading = Stage { [reader, stop] in
      defer { frames.finish() }
      while !stop.isRequested, let frame = try reader.next() {
        guard frames.push(frame) else { return }
      }
    }
    let rate = reader.framesPerSecond
    let drawing = output.map { file in
      Stage {
        defer { annotated.abandon() }
        var writer: VideoWriter?
        var written = 0
        var last: Image?
        while let next = annotated.pop() {
          let place = Int((next.seconds * rate).rounded())
          if written > place { continue }
          while let last, written < place {
            try writer?.write(last)
            written += 1
          }
          let picture = try draw(next)
          if writer == nil {
            writer = try VideoWriter(
              file: file, name: named, framesPerSecond: rate, width: picture.width,
              height: picture.height)
          }
          try writer?.write(picture)
          written += 1
          last = picture
        }
        if let writer = writer.take() { try writer.finish() }
      }
    }
    var count = 0
    var failure: (any Error)?
    do {
      while let frame = frames.pop() {
        let result = try look(frame)
        count += 1
        if drawing != nil, !annotated.push(result) { break }
      }
    } catch {
      failure = error
    }
    frames.abandon()
    annotated.finish()
    let errors = [reading.wait(), drawing?.wait(), failure].compactMap(\.self)
    if let first = errors.first { throw first }
    return count
  }
}

/// Work on a thread of its own.
private final class Stage: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var error: (any Error)?

  init(_ body: @escaping @Sendable () throws -> Void) {
    DispatchQueue.global(qos: .userInitiated).async {
      do { try body() } catch { self.error = error }
      self.done.signal()
    }
  }

  /// Waits for its end. Called once.
  func wait() -> (any Error)? {
    done.wait()
    return error
  }
}
