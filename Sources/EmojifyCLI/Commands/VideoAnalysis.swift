import FERCore
import Foundation

/// One run of `video`: what is seen in the frames goes into the timeline, the summary and the pictures.
struct VideoAnalysis {
  var timeline: VideoTimeline?
  private(set) var summary: VideoSummary
  /// The classes that have a column in every table.
  let columns: [FaceClass]
  /// Read so far.
  private(set) var frames = 0
  /// When the last frame that was read has been shown, in seconds.
  private(set) var end = 0.0

  private let command: Video
  private let watcher: FaceWatcher
  private let reader: VideoReader
  private let terminal: Terminal
  private var size = (width: 0, height: 0)

  init(_ command: Video, _ watcher: FaceWatcher, _ reader: VideoReader, _ terminal: Terminal) {
    self.command = command
    self.watcher = watcher
    self.reader = reader
    self.terminal = terminal
    columns = FaceClass.columns(for: watcher.classifier.classes)
    summary = VideoSummary(
      secondsAPiece: Double(command.every) / reader.framesPerSecond, columns)
  }

  /// Runs the whole video through; `output` is a temporary file or nil.
  mutating func run(to output: URL?, _ emojis: EmojiSet?, _ stop: StopRequest) throws {
    let (emoji, sideBySide) = (command.emoji, command.sideBySide)
    var progress = VideoProgress(terminal, total: reader.frameCount)
    defer { progress.clear() }
    var faces: [TrackedFace] = []
    frames = try VideoPipeline(reader, stop: stop).run(
      to: output, named: command.output ?? "",
      look: { frame in
        size = (frame.image.width, frame.image.height)
        end = frame.seconds + 1 / reader.framesPerSecond
        if frame.index % command.every == 0 {
          faces = try watcher.look(at: frame)
          try record(faces, frame)
        }
        progress.advance(faces: faces.count)
        return VideoPipeline.Annotated(
          image: frame.image, seconds: frame.seconds, faces: drawn(faces))
      },
      draw: { frame in
        let labelled = frame.faces.map(\.labelled)
        var picture: Image
        if let emojis, emoji {
          picture = try EmojiOverlay.emojis(on: frame.image, faces: labelled, from: emojis)
        } else {
          picture = try EmojiOverlay.labels(on: frame.image, faces: labelled)
        }
        if let emojis, sideBySide {
          picture = try EmojiPanel.beside(picture, frame.faces, from: emojis)
        }
        return picture
      })
    summary.look(at: end)
    // Only Ctrl-C ends a video before its first frame; an empty file is no video.
    if frames == 0 { throw EarlyEnd.interrupted }
  }

  private mutating func record(_ faces: [TrackedFace], _ frame: VideoFrame) throws {
    summary.look(at: frame.seconds)
    for face in faces where face.isSeen {
      let best = watcher.best(of: face)
      summary.add(face.number, best.emotion)
      try timeline?.add(face, best, of: watcher.classifier.classes, in: frame)
    }
  }

  /// Numbers are shown once there is a second face.
  private func drawn(_ faces: [TrackedFace]) -> [EmojiPanel.Face] {
    let areNumbered = summary.faces.count > 1
    return faces.map { face in
      EmojiPanel.Face(
        labelled: watcher.labelled(face, numbered: areNumbered),
        shares: Array(zip(watcher.classifier.classes, face.probabilities)))
    }
  }

  /// Shares of time and the timeline as charts.
  var figure: Figure {
    func row(_ name: String, _ times: VideoSummary.Times) -> EmotionTimeline.Row {
      EmotionTimeline.Row(
        name: name, shares: VideoSummary.shares(times), seconds: times.reduce(0, +))
    }
    let faces = summary.faces.map { row("face \($0.number)", $0.times) }
    return EmotionTimeline(
      rows: (faces.count == 1 ? [] : faces) + [row("audience", summary.audience)],
      names: columns.map(\.name), pieces: summary.pieces, secondsAPiece: summary.secondsAPiece
    ).figure(URL(fileURLWithPath: command.input).lastPathComponent)
  }

  func report(interrupted: Bool) -> VideoReport {
    VideoReport(
      video: command.input, output: command.output, frames: frames,
      framesPerSecond: reader.framesPerSecond, width: size.width, height: size.height,
      interrupted: interrupted, summary)
  }
}

/// How far `video` has come, as a line on stderr.
struct VideoProgress {
  private var bar: ProgressBar
  private let total: Int?
  private let stopwatch = Stopwatch()
  private var frames = 0

  /// `total` is nil where nobody knows it.
  init(_ terminal: Terminal, total: Int?) {
    bar = ProgressBar(terminal, label: "video")
    self.total = total
  }

  mutating func advance(faces: Int) {
    frames += 1
    let speed = Double(frames) / max(stopwatch.seconds, 1e-3)
    let found = "\(NumberText.count(faces, "face")), \(NumberText.fixed(speed, 1)) frames/s"
    guard let total, total >= frames else {
      return bar.update("\(NumberText.count(frames, "frame")), \(found)")
    }
    let left = ProgressBar.duration(Double(total - frames) / speed)
    bar.update(
      Double(frames) / Double(total),
      "\(NumberText.grouped(frames)) of \(NumberText.count(total, "frame")), \(found), \(left) left"
    )
  }

  func clear() { bar.clear() }
}
