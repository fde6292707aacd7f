import FERCore

/// Explained faces as a picture: a row each, the face as the network sees it, beside it the maps over it, below them the
/// label and its score.
struct ExplanationPicture {
  let faces: [ExplainedFace]
  /// Of the faces, in pixels.
  let side: Int

  private static let tile = 264
  private static let gap = 14
  private static let margin = 24
  private static let heading = TextStyle(height: 13)
  private static let caption = TextStyle(height: 15)
  private static let remark = TextStyle(height: 11)
  private static let ink = Canvas.Colour(30, 33, 38)
  private static let faint = Canvas.Colour(105, 111, 120)

  /// What stands over a column, and what a face has to show there.
  private struct Column {
    let title: String
    let map: (ExplainedFace) -> AttributionMap?
    let remark: (AttributionMap) -> String
  }

  private var columns: [Column] {
    var columns: [Column] = []
    if let layer = faces.first?.layer {
      columns.append(
        Column(title: "Grad-CAM", map: \.gradCAM) {
          $0.peak.value > 0 ? "layer \(layer.suffix(24))" : "nothing speaks for it"
        })
    }
    if faces.first?.occlusion != nil {
      columns.append(
        Column(title: "occlusion", map: \.occlusion) {
          $0.peak.value > 0
            ? "red: \($0.peakLoss) when covered"
            : "nothing speaks for it"
        })
    }
    return columns
  }

  func image() throws -> Image {
    let columns = columns
    let wide = faces.map { Self.caption.width(of: $0.caption) }.max() ?? 0
    let width = max(
      2 * Self.margin + (columns.count + 1) * (Self.tile + Self.gap) - Self.gap,
      2 * Self.margin + wide)
    let top = Self.margin + Self.heading.height + Self.gap
    let rowHeight =
      Self.tile + Self.gap + Self.remark.height + Self.gap + Self.caption.height + 2 * Self.gap
    let height = top + faces.count * rowHeight
    var canvas = try Canvas(
      copying: Image(
        width: width, height: height, pixels: .init(repeating: 255, count: width * height * 3)))
    let titles = ["as the network sees it"] + columns.map(\.title)
    for (place, title) in titles.enumerated() {
      try canvas.text(title, x: x(place), y: top - Self.gap, Self.heading, Self.ink)
    }
    for (row, face) in faces.enumerated() {
      let y = top + row * rowHeight
      let gray = try Picture(gray: face.subject.pixels, width: side, height: side)
      try canvas.draw(gray, in: box(0, y))
      let below = y + Self.tile + Self.gap + Self.remark.height
      try canvas.text(face.name, x: x(0), y: below, Self.remark, Self.faint)
      for (place, column) in columns.enumerated() {
        guard let map = column.map(face) else { continue }
        try canvas.draw(gray, in: box(place + 1, y))
        try canvas.draw(HeatMap.picture(of: map, side: Self.tile), in: box(place + 1, y))
        try canvas.text(column.remark(map), x: x(place + 1), y: below, Self.remark, Self.faint)
      }
      try canvas.text(
        face.caption, x: Self.margin, y: below + Self.gap + Self.caption.height, Self.caption,
        Self.ink)
    }
    return canvas.image()
  }

  private func x(_ column: Int) -> Int { Self.margin + column * (Self.tile + Self.gap) }

  private func box(_ column: Int, _ y: Int) -> FaceBox {
    FaceBox(x: x(column), y: y, width: Self.tile, height: Self.tile)
  }
}

extension ExplainedFace {
  /// The end of the file's name, short enough to stand below a face.
  fileprivate var name: String {
    let last = subject.name.split(separator: "/").last.map(String.init) ?? subject.name
    let short = last.count <= 22 ? last : "..." + last.suffix(19)
    return short + (subject.number.map { ", face \($0)" } ?? "")
  }
}
