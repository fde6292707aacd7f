import FERCore

/// A panel beside a picture: the emoji of its faces, largest faces first, with bars of what the network thinks of each.
enum EmojiPanel {
  /// A face, its emoji and its bars.
  struct Face: Sendable {
    let labelled: LabelledFace
    /// Most probable last is fine: they are drawn in this order.
    let shares: [(emotion: FaceClass, share: Float)]
  }

  /// More would be too small to see.
  private static let mostFaces = 3
  private static let ground = Canvas.Colour(24, 27, 32)
  private static let ink = Canvas.Colour(230, 233, 238)
  private static let track = Canvas.Colour(52, 58, 67)
  private static let bar = Canvas.Colour(86, 168, 232)

  /// How wide the panel beside a picture of that height is: an even number.
  static func width(besideHeight height: Int) -> Int { max(120, height * 3 / 4) / 2 * 2 }

  /// `image` with the panel at its right.
  static func beside(_ image: Image, _ faces: [Face], from set: EmojiSet) throws -> Image {
    let width = width(besideHeight: image.height)
    var canvas = try Canvas(copying: image, widenedBy: width, ground)
    let shown = faces.sorted { $0.labelled.box.area > $1.labelled.box.area }.prefix(mostFaces)
      .sorted { ($0.labelled.number ?? 0) < ($1.labelled.number ?? 0) }
    guard !shown.isEmpty else {
      let style = TextStyle(height: max(8, image.height / 40))
      try canvas.text(
        "no face", x: image.width + (width - style.width(of: "no face")) / 2, y: image.height / 2,
        style, ink)
      return canvas.image()
    }
    // Rows as high as if there were two at least: a single emoji should not fill the panel.
    let row = image.height / max(2, shown.count)
    let top = (image.height - row * shown.count) / 2
    for (index, face) in shown.enumerated() {
      let place = FaceBox(x: image.width, y: top + index * row, width: width, height: row)
      try draw(face, in: place, on: &canvas, from: set)
    }
    return canvas.image()
  }

  private static func draw(
    _ face: Face, in place: FaceBox, on canvas: inout Canvas, from set: EmojiSet
  ) throws {
    let margin = max(2, place.height / 16)
    let side = min(place.height - 4 * margin, place.width * 2 / 5)
    let title = TextStyle(height: max(7, place.height / 18))
    try canvas.text(
      face.labelled.label, x: place.x + margin, y: place.y + margin + title.height, title, ink)
    let emoji = FaceBox(
      x: place.x + margin, y: place.y + (place.height - side) / 2 + margin, width: side,
      height: side)
    try set.draw(face.labelled.emotion, in: emoji, on: &canvas)

    let step = max(1, side / max(1, face.shares.count))
    let letters = TextStyle(height: max(5, step * 2 / 5))
    let left = emoji.x + side + margin
    let names = (face.shares.map { letters.width(of: $0.emotion.name) }.max() ?? 0) + margin / 2
    let room = place.x + place.width - margin - left - names
    guard room > 4 else { return }
    for (index, part) in face.shares.enumerated() {
      let y = emoji.y + index * step
      let thickness = max(2, step * 3 / 5)
      try canvas.text(
        part.emotion.name, x: left, y: y + (thickness + letters.height) / 2, letters, ink)
      let full = FaceBox(x: left + names, y: y, width: room, height: thickness)
      try canvas.fill(full, radius: 2, track)
      var filled = full
      let share = part.share.isFinite ? min(max(part.share, 0), 1) : 0
      filled.width = Int((Float(room) * share).rounded())
      if filled.width > 0 { try canvas.fill(filled, radius: 2, bar) }
    }
  }
}
