import FERCore

/// Follows the faces of a video or camera and asks the network what they express. One frame at a time.
final class FaceWatcher {
  struct Settings {
    /// Search the whole frame in every so many frames looked at; between, only where faces were.
    var detectEvery = 15
    /// The side of the smallest face wanted, in pixels of the frame; nil is a twentieth of its longer side. Twice as
    /// small takes four times as long.
    var minimumFace: Int?
    /// In seconds; see `FaceTracker`.
    var smoothing = 0.5
    /// From one frame looked at to the next, in seconds.
    var interval = 0.04
  }

  private static let smallestFace = 1.0 / 20
  /// The cascade's window, in pixels: the frame is reduced to where the smallest face fills it.
  private static let window = 20.0
  /// What a face stands still for; with longer intervals it has to be searched for in the whole frame.
  static let longestInterval = 0.2
  private static let patience = 0.5

  let classifier: FaceClassifier
  private let detector: FaceDetector
  private let settings: Settings
  private var tracker: FaceTracker
  private var looked = 0

  /// Throws what `FaceDetector` throws.
  init(_ classifier: FaceClassifier, _ settings: Settings) throws {
    self.classifier = classifier
    self.settings = settings
    detector = try FaceDetector()
    tracker = FaceTracker(
      patience: max(Self.patience, settings.interval * 2.5), smoothing: settings.smoothing,
      confirmations: settings.interval > Self.longestInterval ? 1 : 3)
  }

  /// The faces of the next frame, those included that were there a moment ago.
  func look(at frame: VideoFrame) throws -> [TrackedFace] {
    let searchesAll =
      looked % settings.detectEvery == 0 || settings.interval > Self.longestInterval
    looked += 1
    // A known face is sure of its place in the list, whatever the whole search says of it.
    var found = try tracker.candidates.compactMap { box in
      try detector.face(near: box, in: frame.image).map { (box: $0, neighbours: Int.max) }
    }
    if searchesAll {
      let side = Double(max(frame.image.width, frame.image.height))
      let smallest = settings.minimumFace.map(Double.init) ?? side * Self.smallestFace
      let working = min(Double(FaceDetector.workingSide), side * Self.window / max(smallest, 1))
      found += try detector.faces(
        in: frame.image, minimumSide: Int(smallest), workingSide: max(1, Int(working.rounded(.up)))
      ).map { (box: $0, neighbours: 0) }
    }
    let boxes = FaceDetector.withoutDuplicates(found).sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    let crops = try boxes.map {
      try FaceCrop.pixels(of: $0, in: frame.image, as: classifier.format)
    }
    let answers = try classifier.probabilities(of: crops)
    tracker.update(
      zip(boxes, answers).map { SeenFace(box: $0, probabilities: $1) }, at: frame.seconds)
    return tracker.faces
  }

  /// What is drawn for a face.
  func labelled(_ face: TrackedFace, numbered: Bool) -> LabelledFace {
    let best = best(of: face)
    return LabelledFace(
      box: face.box, emotion: best.emotion, score: best.score,
      number: numbered ? face.number : nil)
  }

  /// The most probable emotion, the first of equals.
  func best(of face: TrackedFace) -> (emotion: FaceClass, score: Float) {
    let best = face.probabilities.placeOfLargest
    return (classifier.classes[best], face.probabilities[best])
  }
}
