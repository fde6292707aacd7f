import FERCore

/// One face, what the network says of it, and where that comes from; encodes as its JSON object.
struct ExplainedFace: Encodable {
  /// A face to explain, and what is known of it.
  struct Subject {
    let name: String
    /// Gray, row-major, of the network's size.
    let pixels: [UInt8]
    /// In a photo.
    var box: FaceBox?
    /// Among several in a photo, from 1.
    var number: Int?
    /// In a data set.
    var index: Int?
    var truth: String?
  }

  let subject: Subject
  let classNames: [String]
  let scores: [Float]
  let predicted: Int
  /// The class the maps are about.
  let explained: Int
  let layer: String?
  let gradCAM: AttributionMap?
  let occlusion: AttributionMap?

  /// `fear 12%, called sad 45%, labelled fear`.
  var caption: String {
    var parts = [score(explained)]
    if predicted != explained { parts.append("called \(score(predicted))") }
    if let truth = subject.truth { parts.append("labelled \(truth)") }
    return parts.joined(separator: ", ")
  }

  private func score(_ place: Int) -> String {
    "\(classNames[place]) \(NumberText.percent(scores[place], decimals: 0))"
  }

  /// A line for each face.
  static func text(_ faces: [ExplainedFace], _ terminal: Terminal) -> String {
    var table = Table([.left, .left, .left])
    for face in faces {
      let maps: [String?] = [
        face.gradCAM.map { "Grad-CAM \($0.strongest(of: face.subject))" },
        face.occlusion.map { map in
          "occlusion \(map.strongest(of: face.subject))"
            + (map.peak.value > 0 ? ", \(map.peakLoss)" : "")
        },
      ]
      table.row([
        face.place, face.caption, maps.compactMap(\.self).joined(separator: "; "),
      ])
    }
    return table.text
  }

  private var place: String {
    subject.name + (subject.box.map { " at \($0)" } ?? "")
  }

  private enum CodingKeys: String, CodingKey {
    case image, index, box, label, predicted, layer, occlusion, emotions
    case explained = "class"
    case score
    case gradCAM = "grad_cam"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(subject.name, forKey: .image)
    try container.encodeIfPresent(subject.index, forKey: .index)
    try container.encodeIfPresent(
      subject.box.map { [$0.x, $0.y, $0.width, $0.height] }, forKey: .box)
    try container.encodeIfPresent(subject.truth, forKey: .label)
    try container.encode(classNames[predicted], forKey: .predicted)
    try container.encode(classNames[explained], forKey: .explained)
    try container.encode(NumberText.rounded(scores[explained]), forKey: .score)
    let named = zip(classNames, scores.map { NumberText.rounded($0) })
    try container.encode(Dictionary(named, uniquingKeysWith: +), forKey: .emotions)
    try container.encodeIfPresent(layer, forKey: .layer)
    try container.encodeIfPresent(gradCAM?.encodable, forKey: .gradCAM)
    try container.encodeIfPresent(occlusion?.encodable, forKey: .occlusion)
  }
}

extension AttributionMap {
  /// The largest value, a loss of probability: `-26 points`.
  var peakLoss: String {
    guard peak.value >= 0.0005 else { return "under 0.1 points" }
    return "-\(NumberText.fixed(peak.value * 100, peak.value < 0.095 ? 1 : 0)) points"
  }

  fileprivate var encodable: [[Double]] { rows.map { $0.map { NumberText.rounded($0) } } }

  /// `strongest at 24, 12`: column and row of the face as the network sees it.
  fileprivate func strongest(of subject: ExplainedFace.Subject) -> String {
    guard peak.value > 0 else { return "finds nothing" }
    let side = Int(Double(subject.pixels.count).squareRoot())
    let x = (2 * peak.column + 1) * side / (2 * width)
    let y = (2 * peak.row + 1) * side / (2 * height)
    return "strongest at \(x), \(y)"
  }
}
