import FERCore

/// A face and what the network says of it.
struct LabelledFace: Equatable, Sendable {
  var box: FaceBox
  var emotion: FaceClass
  /// The emotion's probability, 0...1.
  var score: Float
  /// Which face it is, where faces have numbers.
  var number: Int?

  var label: String {
    let percent = score.isFinite ? "\(Int((score * 100).rounded()))" : "?"
    return (number.map { "\($0): " } ?? "") + "\(emotion.name) \(percent)%"
  }
}

/// Annotates pictures: a frame and a label around each face, or an emoji over it.
enum EmojiOverlay {
  /// An emoji is this much larger than the face it covers, whose box ends at brow and chin.
  private static let emojiScale = 1.35
  /// Labels on a smaller picture could not be read; it is enlarged to at least this many pixels on
  /// its longer side.
  private static let smallestLabelled = 320

  /// `image` with an emoji over each face, or its label where there is no picture of what it shows.
  static func emojis(on image: Image, faces: [LabelledFace], from set: EmojiSet) throws -> Image {
    var canvas = try Canvas(copying: image)
    // Small faces are farther away: the nearer, larger ones come over them.
    for face in faces.sorted(by: { $0.box.area < $1.box.area }) where set.has(face.emotion) {
      let side = Int((Double(max(face.box.width, face.box.height)) * emojiScale).rounded())
      let box = FaceBox(
        x: face.box.x + (face.box.width - side) / 2, y: face.box.y + (face.box.height - side) / 2,
        width: side, height: side)
      try set.draw(face.emotion, in: box, on: &canvas)
    }
    let others = faces.filter { !set.has($0.emotion) }
    return others.isEmpty ? canvas.image() : try labelled(canvas.image(), others)
  }

  /// `image` with a frame around each face and a label such as "happy 98%" on it. Line and letters
  /// follow the picture's size; a picture under 320 pixels is enlarged by a whole factor first.
  static func labels(on image: Image, faces: [LabelledFace]) throws -> Image {
    let longerSide = max(image.width, image.height)
    guard longerSide < smallestLabelled else { return try labelled(image, faces) }
    let factor = (smallestLabelled + longerSide - 1) / longerSide
    let enlarged = try image.resized(width: image.width * factor, height: image.height * factor)
    let scaled = faces.map { face in
      var face = face
      face.box = face.box.scaled(horizontally: Double(factor), vertically: Double(factor))
      return face
    }
    return try labelled(enlarged, scaled)
  }

  private static func labelled(_ image: Image, _ faces: [LabelledFace]) throws -> Image {
    var canvas = try Canvas(copying: image)
    for face in faces {
      let line = lineWidth(face, in: image.bounds)
      try canvas.frame(
        face.box, radius: face.box.width / 12, thickness: line, colour(of: face.emotion))
    }
    var tags: [FaceBox] = []
    for face in faces {  // after all frames: none crosses a label
      let style = LabelStyle(face, in: image.bounds)
      let tag = style.tag(
        of: face, line: lineWidth(face, in: image.bounds), in: image.bounds, avoiding: tags)
      tags.append(tag)
      try canvas.fill(tag, radius: style.margin, colour(of: face.emotion))
      try canvas.text(
        face.label, x: tag.x + style.margin, y: tag.y + style.margin + style.size.height,
        style.text, Canvas.Colour(255, 255, 255))
    }
    return canvas.image()
  }

  /// `image` with a few words in its upper left corner.
  static func corner(_ text: String, on image: Image) throws -> Image {
    var canvas = try Canvas(copying: image)
    let style = TextStyle(height: max(9, image.height / 36))
    let margin = style.height / 2
    let tag = FaceBox(
      x: margin, y: margin, width: style.width(of: text) + 2 * margin,
      height: style.height + 2 * margin)
    try canvas.fill(tag, radius: margin, Canvas.Colour(24, 27, 32))
    try canvas.text(
      text, x: tag.x + margin, y: tag.y + margin + style.height, style,
      Canvas.Colour(255, 255, 255))
    return canvas.image()
  }

  /// A line that follows the picture, thinner on a small face.
  private static func lineWidth(_ face: LabelledFace, in picture: FaceBox) -> Int {
    max(1, min(max(picture.width, picture.height) / 320, face.box.width / 24))
  }

  /// The emoji's colours, dark enough for white letters.
  private static func colour(of emotion: FaceClass) -> Canvas.Colour {
    switch emotion {
    case .emotion(.angry): Canvas.Colour(200, 40, 30)
    case .emotion(.disgust): Canvas.Colour(70, 130, 30)
    case .emotion(.fear): Canvas.Colour(110, 80, 190)
    case .emotion(.happy): Canvas.Colour(190, 120, 0)
    case .emotion(.sad): Canvas.Colour(30, 105, 190)
    case .emotion(.surprise): Canvas.Colour(205, 85, 20)
    case .emotion(.neutral): Canvas.Colour(95, 100, 110)
    case .contempt: Canvas.Colour(20, 125, 120)
    case .other: Canvas.Colour(60, 75, 100)
    }
  }
}

/// How large a face's label is and where it goes.
private struct LabelStyle {
  let text: TextStyle
  let margin: Int
  let size: Canvas.TextSize

  /// Letters follow the face, between a readable minimum and a maximum that follow the picture.
  init(_ face: LabelledFace, in picture: FaceBox) {
    let longerSide = Double(max(picture.width, picture.height))
    let letters = min(max(Double(face.box.width) * 0.13, longerSide / 80, 10), longerSide / 32)
    text = TextStyle(height: letters)
    margin = max(2, Int(letters * 0.45))
    size = text.size(of: face.label)
  }

  /// The filled box behind the text: on the face's upper edge, else on its lower one, else inside
  /// it; the first of them that is in the picture and clear of the tags before it.
  func tag(
    of face: LabelledFace, line: Int, in picture: FaceBox, avoiding tags: [FaceBox]
  ) -> FaceBox {
    let width = size.width + 2 * margin
    let height = size.height + 2 * margin + size.descent / 2
    let left = max(0, min(face.box.x - line / 2, picture.width - width))
    let tops = [
      face.box.y - height + line / 2, face.box.y + face.box.height - line / 2, face.box.y,
    ]
    let places = tops.map { FaceBox(x: left, y: $0, width: width, height: height) }
    let inside = places.filter { $0.y >= 0 && $0.y + height <= picture.height }
    return inside.first { place in tags.allSatisfy { $0.overlap(place) == 0 } }
      ?? inside.first ?? FaceBox(x: left, y: 0, width: width, height: height)
  }
}
