import FERCore
import Foundation

/// `emojify video`: follows the faces of a video and says what they express over time.
struct Video: Command {
  static let name = "video"
  static let summary = "Label the faces of a video over time."
  static let examples = [
    Example("emojify video talk.mp4 --emoji", "Writes talk-emojify.mp4, an emoji over each face."),
    Example(
      "emojify video lecture.mp4 --summary --timeline lecture.csv --plot lecture.svg",
      "What the audience showed, and no video."),
    Example(
      "emojify video in.mkv -o out.mp4 --side-by-side", "A panel with emoji and bars beside it."),
  ]
  static let discussion = """
    Faces keep their number as long as they are seen; one that is lost for half a second comes back as another. The video \
    written is MP4 with the size (small pictures are enlarged for their labels) and rate of the one read, where its frames \
    come unevenly with some repeated or left out, and without its sound: OpenCV reads none. It \
    appears under its name when it is complete. Ctrl-C ends the video where it is, whole up to there, with exit code 130. \
    Memory does not grow with the video's length.
    """
  static var positionals: [Positional<Self>] {
    [.one("IN", \.input, "The video: any file FFmpeg reads.")]
  }
  static var options: [Option<Self>] {
    [
      .value(
        "--output", "<file>", \.output, short: "-o",
        default: "NAME-emojify.mp4 here, unless other results are asked for",
        "Write the annotated video to this MP4 file."),
      .flag("--emoji", \.emoji, "Lay an emoji over each face instead of a frame and label."),
      .flag("--side-by-side", \.sideBySide, "Add a panel with emoji and bars at the right."),
      .value(
        "--timeline", "<file.csv>", \.timeline, "Write a row for each face of each frame (.csv)."),
      .flag("--summary", \.summary, "Print each emotion's share of time, by face and for all."),
      .value(
        "--plot", "<file.svg>", \.plot, "Draw the shares and how they change over time (.svg)."),
      .flag("--json", \.json, "Print the summary as JSON."),
      .value(
        "--every", "<count>", \.every, in: .atLeast(1),
        "Look at one frame in this many; the others keep what was seen."),
    ] + FollowOptions.options(\.follow)
  }

  var common = CommonOptions()
  var input = ""
  var output: String?
  var emoji = false
  var sideBySide = false
  var timeline: String?
  var summary = false
  var plot: String?
  var json = false
  var every = 1
  var follow = FollowOptions(detectEvery: 15)

  mutating func validate() throws {
    try atMostOne(of: "--summary", "--json")
    try Figure.check(plot)
    if let output { try VideoWriter.checkEnding(of: output) }
    if follow.emojiFolder != nil, !emoji, !sideBySide {
      throw EmojifyError.usage("--emoji-dir goes with --emoji or --side-by-side")
    }
    let wantsNoVideo =
      !emoji && !sideBySide && (summary || json || timeline != nil || plot != nil)
    if output == nil, !wantsNoVideo {
      let stem = URL(fileURLWithPath: input).deletingPathExtension().lastPathComponent
      output = stem + PicturePaths.mark + "." + VideoWriter.fileExtension
    }
    try InputGuard.check(
      [output, timeline, plot].compactMap(\.self),
      against: [input] + follow.models.map { ModelChoice.file($0).path }
        + [follow.modelFacts.layers.config].compactMap(\.self))
    try checkEnding(of: timeline, "csv", for: "--timeline")
  }

  func run(_ terminal: Terminal) throws {
    let reader = try VideoReader(file: URL(fileURLWithPath: input))
    let emojis = try emoji || sideBySide ? follow.emojis() : nil
    let pool = WorkerPool(threads: follow.threads)
    OpenCVLibrary.useThreads(pool.threads)
    let watcher = try follow.watcher(
      interval: Double(every) / reader.framesPerSecond, pool, terminal)
    let stop = StopRequest()
    let interrupt = Interrupt {
      terminal.redraw("")
      terminal.note("interrupted: ending the video here; Ctrl-C again ends at once")
      stop.request()
    }
    defer { withExtendedLifetime(interrupt) {} }

    var analysis = VideoAnalysis(self, watcher, reader, terminal)
    let stopwatch = Stopwatch()
    try replacing(timeline) { table in
      analysis.timeline = try table.map {
        try VideoTimeline($0, name: timeline ?? "", columns: analysis.columns)
      }
      try replacing(output) { file in
        try analysis.run(to: file, emojis, stop)
      }
      try analysis.timeline?.flush()
    }
    let speed = Double(analysis.frames) / max(stopwatch.seconds, 1e-6)
    if let plot { try analysis.figure.write(to: URL(fileURLWithPath: plot)) }
    if json { try JSONOutput.write(analysis.report(interrupted: stop.isRequested)) }
    if summary { print(analysis.summary.table) }
    for file in [output, timeline, plot].compactMap(\.self) { terminal.note("wrote \(file)") }
    if let output, VideoReader.hasSound(URL(fileURLWithPath: input)) {
      terminal.note("\(output) is silent: the sound of \(input) is not copied")
    }
    terminal.note(
      "\(NumberText.count(analysis.frames, "frame")), "
        + "\(NumberText.count(analysis.summary.faces.count, "face")), "
        + "\(NumberText.fixed(speed, 1)) frames/s")
    if stop.isRequested { throw EarlyEnd.interrupted }
    // Where frames come unevenly their number is an estimate, their time is not.
    if let claimed = reader.frameCount, analysis.frames < claimed * 9 / 10,
      analysis.end * reader.framesPerSecond < Double(claimed) * 0.9
    {
      terminal.warn(
        "\(input): ends after \(analysis.frames) of \(claimed) frames: damaged or cut short")
      throw EarlyEnd(exitCode: 65)
    }
  }

  /// `body` with a temporary file that takes the place of `path` afterwards; with nil where there is no path.
  private func replacing(_ path: String?, _ body: (URL?) throws -> Void) throws {
    guard let path else { return try body(nil) }
    try AtomicFile.replace(URL(fileURLWithPath: path)) { try body($0) }
  }
}
