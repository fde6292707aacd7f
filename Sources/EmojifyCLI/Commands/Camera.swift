import FERCore
import Foundation

/// `emojify camera`: the live picture with emoji, in a window.
struct Camera: Command {
  static let name = "camera"
  static let summary = "Show a camera's picture with emoji over the faces, live."
  static let examples = [
    Example("emojify camera", "The first camera; q quits, s saves a picture, e shows labels."),
    Example("emojify camera /dev/video2", "Another camera."),
    Example("emojify camera talk.mp4", "A video in the camera's place, at its own speed."),
  ]
  static let discussion = """
    Keys in the window: q or Esc quits, s saves emojify-snapshot-DATE.png in the current folder, e switches between emoji \
    and labels. The corner shows how many pictures a second are labelled. Without a camera or a display the exit code \
    is 66.
    """
  static var positionals: [Positional<Self>] {
    [
      .optional(
        "DEVICE", \.device, "A camera's number, /dev/videoN, or a video file; 0 if not given.")
    ]
  }
  static var options: [Option<Self>] {
    [
      .flag("--boxes", \.boxes, "Begin with frames and labels instead of emoji.")
    ] + FollowOptions.options(\.follow)
  }

  var common = CommonOptions()
  var device: String?
  var boxes = false
  var follow = FollowOptions(detectEvery: 10)

  func run(_ terminal: Terminal) throws {
    let reader = try VideoReader(device: device ?? "0")
    guard var frame = try reader.next() else { return }
    let emojis = try follow.emojis()
    let pool = WorkerPool(threads: follow.threads)
    OpenCVLibrary.useThreads(pool.threads)
    // Before the model is read: without a display there is nothing to do.
    let window = try PreviewWindow(
      "emojify", width: frame.image.width, height: frame.image.height)
    let watcher = try follow.watcher(interval: 1 / reader.framesPerSecond, pool, terminal)
    terminal.note("\(reader.name): q quits, s saves a picture, e switches emoji and labels")

    var showsEmoji = !boxes
    var meter = RateMeter()
    let stopwatch = Stopwatch()
    while true {
      let faces = try watcher.look(at: frame)
      let labelled = faces.map { watcher.labelled($0, numbered: faces.count > 1) }
      let picture =
        try showsEmoji
        ? EmojiOverlay.emojis(on: frame.image, faces: labelled, from: emojis)
        : EmojiOverlay.labels(on: frame.image, faces: labelled)
      meter.count(at: stopwatch.seconds)
      try window.show(EmojiOverlay.corner("\(NumberText.fixed(meter.rate, 1)) FPS", on: picture))
      // A file is shown at its own speed, a camera gives its own.
      let ahead = reader.isCamera ? 0 : frame.seconds - stopwatch.seconds
      switch try window.wait(milliseconds: max(1, Int(ahead * 1000))) {
      case .closed, .key("q"), .key("\u{1B}"): return
      case .key("e"): showsEmoji.toggle()
      case .key("s"): try save(picture, terminal)
      case .key, .nothing: break
      }
      guard let next = try reader.next() else {
        guard reader.isCamera else { return }
        throw EmojifyError.missingInput("\(reader.name): the camera gives no picture any more")
      }
      frame = next
    }
  }

  private func save(_ picture: Image, _ terminal: Terminal) throws {
    let form = DateFormatter()
    form.locale = Locale(identifier: "en_US_POSIX")
    form.dateFormat = "yyyy-MM-dd-HHmmss"
    let stem = "emojify-snapshot-" + form.string(from: Date())
    // Two in one second are two.
    let names = [stem] + (2...99).map { "\(stem)-\($0)" }
    let name = names.first { !FileManager.default.fileExists(atPath: $0 + ".png") } ?? stem
    try picture.write(to: URL(fileURLWithPath: name + ".png"))
    terminal.note("wrote \(name).png")
  }
}

/// Pictures a second over the last second or so.
struct RateMeter {
  private var times: [Double] = []
  private static let window = 1.5

  /// Takes note of a picture shown at `seconds`.
  mutating func count(at seconds: Double) {
    times.append(seconds)
    times.removeAll { $0 < seconds - Self.window }
  }

  var rate: Double {
    guard let first = times.first, let last = times.last, last > first else { return 0 }
    return Double(times.count - 1) / (last - first)
  }
}
