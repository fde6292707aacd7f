import FERCore
import Foundation

/// Answers photos: finds their faces on some threads, asks the network, draws.
final class PhotoDesk: Sendable {
  struct Order: Sendable {
    enum Wish { case labels, picture(withEmoji: Bool) }

    let exchange: Exchange
    let image: Data
    let name: String
    let model: ServedModel
    let wish: Wish
    /// The side of the smallest face wanted, in pixels; nil leaves it to `CameraFaces`.
    let smallestFace: Int?
  }

  /// A larger picture does not wait for the network in memory but is decoded again.
  private static let waitingPixels = 2_000_000

  private let queue: WorkQueue<FaceDetector>
  private let emojis: EmojiSet
  private let metrics: WebMetrics

  /// Throws `EmojifyError` where there is no face detector.
  init(threads: Int, limit: Int, emojis: EmojiSet, metrics: WebMetrics) throws {
    self.emojis = emojis
    self.metrics = metrics
    queue = WorkQueue(seats: try (0..<threads).map { _ in try FaceDetector() }, limit: limit)
  }

  /// Requests that are being answered.
  var load: Int { queue.load }

  func end() { queue.end() }

  /// False where the queue is full. `done` is called once with the answer, on any thread.
  func take(_ order: Order, done: @escaping @Sendable (WebResponse) -> Void) -> Bool {
    let clock = Stopwatch()
    return queue.admit { [self] detector in
      do {
        try scan(order, detector, PhotoTimings(queue: clock.seconds), clock, done)
      } catch {
        finish(Self.fault(error), done)
      }
    }
  }

  private func finish(_ response: WebResponse, _ done: (WebResponse) -> Void) {
    queue.leave()
    done(response)
  }

  private func scan(
    _ order: Order, _ detector: FaceDetector, _ queued: PhotoTimings, _ clock: Stopwatch,
    _ done: @escaping @Sendable (WebResponse) -> Void
  ) throws {
    var timings = queued
    var watch = Stopwatch()
    let image = try decoded(order)
    timings.decode = watch.seconds
    watch = Stopwatch()
    let boxes = try CameraFaces.find(in: image, smallest: order.smallestFace, with: detector)
    let crops = try boxes.map {
      try FaceCrop.pixels(of: $0, in: image, as: order.model.format)
    }
    timings.detect = watch.seconds
    let asked = Stopwatch()
    let found = timings
    let (width, height) = (image.width, image.height)
    let isSmall = width * height <= Self.waitingPixels
    let kept: Image? = if case .picture = order.wish, isSmall { image } else { nil }
    let answer: ServedModel.Completion = { [self] scores, seconds in
      var timings = found
      timings.wait = asked.seconds - seconds
      timings.network = seconds
      let faces = zip(boxes, scores).map { box, scores in
        PredictedFace(box: box, scores: Array(zip(order.model.classes, scores)))
      }
      metrics.countFaces(faces.map(\.best.emotion))
      switch order.wish {
      case .labels:
        timings.total = clock.seconds
        finish(
          .json(
            PhotoAnswer(
              image: order.name, width: width, height: height, model: order.model.name,
              faces: faces, timings: timings)), done)
      case .picture(let withEmoji):
        let timings = timings
        queue.goOn { [self] _ in
          do {
            let image = try kept ?? decoded(order)
            finish(try picture(of: image, faces, withEmoji, order, timings), done)
          } catch {
            finish(Self.fault(error), done)
          }
        }
      }
    }
    if crops.isEmpty { answer([], 0) } else { order.model.ask(crops, answer) }
  }

  private func decoded(_ order: Order) throws -> Image {
    try Image(data: order.image, name: order.name, pixelLimit: PhotoLimits.pixels)
  }

  /// The annotated copy in the format the photo came in.
  private func picture(
    of image: Image, _ faces: [PredictedFace], _ withEmoji: Bool, _ order: Order,
    _ timings: PhotoTimings
  ) throws -> WebResponse {
    let labelled = faces.map {
      LabelledFace(box: $0.box, emotion: $0.best.emotion, score: $0.best.score)
    }
    let copy =
      withEmoji
      ? try EmojiOverlay.emojis(on: image, faces: labelled, from: emojis)
      : try EmojiOverlay.labels(on: image, faces: labelled)
    let isPNG = order.image.withUnsafeBytes(ImageHeader.format(of:)) == .png
    return WebResponse(
      type: isPNG ? "image/png" : "image/jpeg",
      Data(try copy.encoded(as: isPNG ? "png" : "jpg", quality: 90))
    ).with("X-Emojify-Faces", "\(faces.count)")
  }

  private static func fault(_ error: any Error) -> WebResponse {
    switch error {
    case EmojifyError.badData(let message): .fault(422, message)
    case let error as EmojifyError: .fault(500, error.description)
    default: .fault(500, "internal fault")
    }
  }
}

/// How long each step took.
struct PhotoTimings: Encodable, Sendable {
  var queue = 0.0
  var decode = 0.0
  var detect = 0.0
  var wait = 0.0
  var network = 0.0
  var total = 0.0

  private enum CodingKeys: String, CodingKey {
    case queue = "queue_ms"
    case decode = "decode_ms"
    case detect = "detect_ms"
    case wait = "batch_ms"
    case network = "network_ms"
    case total = "total_ms"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let values: [(CodingKeys, Double)] = [
      (.queue, queue), (.decode, decode), (.detect, detect), (.wait, wait), (.network, network),
      (.total, total),
    ]
    for (key, seconds) in values {
      try container.encode((seconds * 1e5).rounded() / 100, forKey: key)
    }
  }
}

/// What `predict --json` says of an image, and how it was found.
struct PhotoAnswer: Encodable {
  let image: String
  let width, height: Int
  let model: String
  let faces: [PredictedFace]
  let timings: PhotoTimings
}
