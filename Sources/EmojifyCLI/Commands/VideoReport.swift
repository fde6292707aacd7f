import FERCore

/// What `video --json` says.
struct VideoReport: Encodable {
  struct Face: Encodable {
    let number: Int
    let first: Double
    let last: Double
    let seen: Double
    let emotions: [String: Double]

    private enum CodingKeys: String, CodingKey {
      case number = "face"
      case first = "first_s"
      case last = "last_s"
      case seen = "seen_s"
      case emotions
    }
  }

  struct Audience: Encodable {
    let seen: Double
    let emotions: [String: Double]

    private enum CodingKeys: String, CodingKey {
      case seen = "seen_s"
      case emotions
    }
  }

  let video: String
  let output: String?
  let frames: Int
  let framesPerSecond: Double
  let width: Int
  let height: Int
  let interrupted: Bool
  let faces: [Face]
  let audience: Audience

  private enum CodingKeys: String, CodingKey {
    case video, output, frames
    case framesPerSecond = "frames_per_second"
    case width, height, interrupted, faces, audience
  }

  init(
    video: String, output: String?, frames: Int, framesPerSecond: Double, width: Int, height: Int,
    interrupted: Bool, _ summary: VideoSummary
  ) {
    self.video = video
    self.output = output
    self.frames = frames
    self.framesPerSecond = NumberText.rounded(framesPerSecond)
    self.width = width
    self.height = height
    self.interrupted = interrupted
    faces = summary.faces.map {
      Face(
        number: $0.number, first: NumberText.rounded($0.first), last: NumberText.rounded($0.last),
        seen: NumberText.rounded($0.seen), emotions: Self.shares($0.times, of: summary.classes))
    }
    let times = summary.audience
    audience = Audience(
      seen: NumberText.rounded(times.reduce(0, +)),
      emotions: Self.shares(times, of: summary.classes))
  }

  private static func shares(
    _ times: VideoSummary.Times, of classes: [FaceClass]
  ) -> [String: Double] {
    let shares = VideoSummary.shares(times).map { NumberText.rounded($0) }
    return Dictionary(zip(classes.map(\.name), shares), uniquingKeysWith: +)
  }
}
