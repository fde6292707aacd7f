import FERCore
import Foundation

/// A camera or video file with emoji over its faces, as Motion JPEG for everyone who watches. A file is shown at its own
/// speed and begins again at its end; while nobody watches, nothing is read from it, and a camera is off. Faces are followed and smoothed over
/// time as `video` does it, so that no emoji flickers.
///
/// `@unchecked Sendable`: what changes is held by `condition`; reader and detector are the showing thread's alone.
final class VideoStream: StreamSource, @unchecked Sendable {
  private static let boundary = "emojify-frame"
  static let watcherLimit = 16
  /// A file that is behind by so many seconds goes on from there.
  private static let longestDelay = 1.0
  /// Seconds without a picture, where none comes in time.
  private static let longestPause = 0.25

  private let device: String
  private let model: ServedModel
  private let emojis: EmojiSet
  private let detector: FaceDetector
  private let warn: @Sendable (String) -> Void
  private let condition = NSCondition()
  /// Those who watch, each with its stream.
  private var watchers: [ObjectIdentifier: (watcher: Watcher, stream: OpaquePointer)] = [:]
  private var isEnding = false

  /// Opens `device` (a camera's number or path, or a video file) to see that it is one. Throws what `VideoReader` throws.
  init(
    _ device: String, model: ServedModel, emojis: EmojiSet,
    warn: @escaping @Sendable (String) -> Void
  ) throws {
    self.device = device
    self.model = model
    self.emojis = emojis
    self.warn = warn
    detector = try FaceDetector()
    guard try VideoReader(device: device).next() != nil else {
      throw EmojifyError.badData("\(device): has no frame")
    }
    let thread = Thread { self.show() }
    thread.name = "stream"
    thread.start()
  }

  /// False where too many watch already.
  func join(_ exchange: Exchange) -> Bool {
    condition.withLock {
      guard watchers.count < Self.watcherLimit, !isEnding else { return false }
      let watcher = Watcher { [weak self] in self?.leave($0) }
      let type = "multipart/x-mixed-replace; boundary=\(Self.boundary)"
      guard let stream = exchange.stream(WebResponse(type: type, Data()), from: watcher) else {
        return false
      }
      watchers[ObjectIdentifier(watcher)] = (watcher, stream)
      condition.signal()
      return true
    }
  }

  func end() {
    condition.withLock {
      isEnding = true
      condition.broadcast()
      dismissWatchers()
    }
  }

  /// Ends the stream of all who watch. Only with `condition` held.
  private func dismissWatchers() {
    for (watcher, stream) in watchers.values {
      watcher.end()
      Exchange.wake(stream)
    }
  }

  private func leave(_ watcher: Watcher) {
    condition.withLock { watchers[ObjectIdentifier(watcher)] = nil }
  }

  private func show() {
    while true {
      guard waitForWatchers().goesOn else { return }
      do {
        try showOnce(VideoReader(device: device))
      } catch {
        warn("\(error)")
        // Who waits for a picture is set aside, and a client that has gone meanwhile would keep its place.
        condition.withLock { dismissWatchers() }
        // The camera may come back.
        for _ in 0..<20 {
          if condition.withLock({ isEnding }) { return }
          Thread.sleep(forTimeInterval: 0.1)
        }
      }
    }
  }

  /// Shows a file to its end, or a camera as long as somebody watches.
  private func showOnce(_ reader: VideoReader) throws {
    let interval = 1 / reader.framesPerSecond
    var start = Stopwatch()
    var offset = 0.0
    var published = Stopwatch()
    var tracker = FaceTracker()
    while let frame = try reader.next() {
      if reader.isCamera, condition.withLock({ watchers.isEmpty }) { return }
      let (goesOn, hasWaited) = waitForWatchers()
      guard goesOn else { return }
      if !reader.isCamera {
        var early = frame.seconds - offset - start.seconds
        if hasWaited || early < -Self.longestDelay {
          start = Stopwatch()
          offset = frame.seconds
          early = 0
        }
        // A frame that is late by more than one is passed over, unless that is true of all.
        if early < -interval, published.seconds < Self.longestPause { continue }
        if early > 0 { Thread.sleep(forTimeInterval: early) }
      }
      publish(try labelled(frame, &tracker))
      published = Stopwatch()
    }
    // The last frame is shown as long as the others.
    if !reader.isCamera { Thread.sleep(forTimeInterval: interval) }
  }

  /// Whether to go on, when somebody watches.
  private func waitForWatchers() -> (goesOn: Bool, hasWaited: Bool) {
    condition.withLock {
      var hasWaited = false
      while watchers.isEmpty && !isEnding {
        hasWaited = true
        condition.wait()
      }
      return (!isEnding, hasWaited)
    }
  }

  private func labelled(_ frame: VideoFrame, _ tracker: inout FaceTracker) throws -> Data {
    let image = frame.image
    let boxes = try CameraFaces.find(in: image, smallest: nil, with: detector)
    let crops = try boxes.map { try FaceCrop.pixels(of: $0, in: image, as: model.format) }
    let answers = crops.isEmpty ? [] : model.scores(of: crops)
    tracker.update(
      zip(boxes, answers).map { SeenFace(box: $0, probabilities: $1) }, at: frame.seconds)
    let faces = tracker.faces.map { face in
      let scores = Array(zip(model.classes, face.probabilities))
      let best = PredictedFace(box: face.box, scores: scores).best
      return LabelledFace(box: face.box, emotion: best.emotion, score: best.score)
    }
    let picture =
      faces.isEmpty ? image : try EmojiOverlay.emojis(on: image, faces: faces, from: emojis)
    return try picture.encoded(as: "jpg", quality: 80)
  }

  private func publish(_ picture: Data) {
    var part = Data(
      "--\(Self.boundary)\r\nContent-Type: image/jpeg\r\nContent-Length: \(picture.count)\r\n\r\n"
        .utf8)
    part.append(picture)
    part.append(Data("\r\n".utf8))
    condition.withLock {
      for (watcher, stream) in watchers.values {
        watcher.offer(part)
        Exchange.wake(stream)
      }
    }
  }
}

/// One who watches: gets the newest picture whenever the one before is sent.
///
/// `@unchecked Sendable`: what changes is held by `lock`, which is never held while another is taken.
private final class Watcher: ByteSource, @unchecked Sendable {
  private let lock = NSLock()
  private let leave: (Watcher) -> Void
  private var sending = Data()
  private var next: Data?
  private var isEnding = false

  init(leave: @escaping (Watcher) -> Void) { self.leave = leave }

  func offer(_ part: Data) { lock.withLock { next = part } }

  func end() { lock.withLock { isEnding = true } }

  func pull(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int? {
    lock.withLock {
      if sending.isEmpty {
        if isEnding { return nil }
        guard let part = next else { return 0 }
        sending = part
        next = nil
      }
      let count = min(buffer.count, sending.count)
      sending.copyBytes(to: buffer, count: count)
      sending = sending.dropFirst(count)
      return count
    }
  }

  func finish() { leave(self) }
}
