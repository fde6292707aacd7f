import FERCore

/// What `predict` says of one image; encodes as its JSON object.
struct PredictedImage: Encodable {
  let path: String
  /// Of the image, in pixels.
  let width, height: Int
  /// The file that was asked, or all files of an ensemble.
  let model: String
  let faces: [PredictedFace]

  private enum CodingKeys: String, CodingKey {
    case path = "image"
    case width, height, model, faces
  }

  /// A line for the image and one for each face.
  func text(top: Int, emoji: Bool, _ terminal: Terminal) -> String {
    guard !faces.isEmpty else { return "\(path): no face found" }
    var table = Table([.left, .right, .left, .left])
    for face in faces {
      let others = face.ranked.dropFirst().prefix(top - 1)
      let best =
        (emoji ? face.best.emotion.emoji.map { $0 + " " } ?? "" : "") + face.best.emotion.name
      table.row([
        best, NumberText.percent(face.best.score),
        others.map { "\($0.emotion.name) \(NumberText.percent($0.score))" }.joined(separator: ", "),
        "at \(face.box)",
      ])
    }
    let title = terminal.styled(path, .bold) + ": \(NumberText.count(faces.count, "face"))"
    return ([title] + table.text.split(separator: "\n").map { "  " + $0 }).joined(separator: "\n")
  }
}

/// What the JSON of `predict` says of an image that could not be read: what is wrong with it, and no face.
struct UnreadImage: Error, Encodable {
  let path: String
  let error: String
  private let faces: [PredictedFace] = []

  private enum CodingKeys: String, CodingKey {
    case path = "image"
    case error, faces
  }
}

/// One face: where it is, and the probability of each emotion the network knows.
struct PredictedFace: Encodable {
  typealias Score = (emotion: FaceClass, score: Float)

  let box: FaceBox
  /// Most probable first; equals in the order of FER-2013's labels, then of the outputs.
  let ranked: [Score]

  var best: Score { ranked[0] }

  init(box: FaceBox, scores: [Score]) {
    self.box = box
    ranked = scores.enumerated().sorted { a, b in
      (b.element.score, a.element.emotion.rank, a.offset)
        < (a.element.score, b.element.emotion.rank, b.offset)
    }.map(\.element)
  }

  private enum CodingKeys: String, CodingKey { case box, emotion, score, emotions, emoji }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode([box.x, box.y, box.width, box.height], forKey: .box)
    try container.encode(best.emotion.name, forKey: .emotion)
    try container.encode(NumberText.rounded(best.score), forKey: .score)
    let emotions = ranked.map { ($0.emotion.name, NumberText.rounded($0.score)) }
    try container.encode(Dictionary(emotions, uniquingKeysWith: +), forKey: .emotions)
    try container.encode(best.emotion.emoji, forKey: .emoji)
  }
}
