import FERCore

/// Rows of faces, each with a caption at its left: what is in a data set at a glance.
struct ContactSheet {
  struct Row {
    let title: String
    /// A smaller second line.
    let detail: String
    /// Gray, `side * side` bytes each.
    let faces: [[UInt8]]
  }

  let title: String
  let rows: [Row]
  /// Width and height of the faces as they are, in pixels.
  let side: Int
  /// How many pixels of the sheet one of a face is wide.
  var enlargement = 2

  private static let ink = Canvas.Colour(30, 33, 38)
  private static let faint = Canvas.Colour(110, 116, 125)
  private static let gap = 6
  private static let margin = 18
  private static let titleStyle = TextStyle(height: 14)
  private static let nameStyle = TextStyle(height: 12)
  private static let detailStyle = TextStyle(height: 9)

  func image() throws -> Image {
    let cell = side * enlargement
    let captionWidth =
      rows.map {
        max(Self.nameStyle.width(of: $0.title), Self.detailStyle.width(of: $0.detail))
      }.max() ?? 0
    let left = Self.margin + captionWidth + Self.margin
    let top = Self.margin + Self.titleStyle.height + Self.margin
    let columns = rows.map(\.faces.count).max() ?? 0
    let width = max(
      left + columns * (cell + Self.gap) - Self.gap + Self.margin,
      Self.titleStyle.width(of: title) + 2 * Self.margin)
    let height = top + rows.count * (cell + Self.gap) - Self.gap + Self.margin
    var canvas = try Canvas(
      copying: Image(
        width: width, height: height, pixels: .init(repeating: 255, count: width * height * 3)))
    try canvas.text(
      title, x: Self.margin, y: Self.margin + Self.titleStyle.height, Self.titleStyle, Self.ink)
    for (place, row) in rows.enumerated() {
      let y = top + place * (cell + Self.gap)
      let middle = y + cell / 2
      try canvas.text(row.title, x: Self.margin, y: middle - 2, Self.nameStyle, Self.ink)
      try canvas.text(
        row.detail, x: Self.margin, y: middle + 6 + Self.detailStyle.height, Self.detailStyle,
        Self.faint)
      for (column, face) in row.faces.enumerated() {
        try canvas.draw(
          Picture(gray: face, width: side, height: side),
          in: FaceBox(x: left + column * (cell + Self.gap), y: y, width: cell, height: cell))
      }
    }
    return canvas.image()
  }
}
