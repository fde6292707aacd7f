import COpenCV
import FERCore

/// A picture to lay on a canvas.
struct Picture: ~Copyable {
  fileprivate let handle: ImageHandle

  /// Of gray values, row-major.
  init(gray: [UInt8], width: Int, height: Int) throws {
    precondition(gray.count == width * height, "\(gray.count) values for \(width) x \(height)")
    try self.init(bgra: gray.flatMap { [$0, $0, $0, 255] }, width: width, height: height)
  }

  /// Of blue, green, red and alpha, row-major.
  init(bgra: [UInt8], width: Int, height: Int) throws {
    precondition(bgra.count == width * height * 4, "\(bgra.count) values for \(width) x \(height)")
    handle = try ImageHandle("image") {
      copencv_image_create(Int32(width), Int32(height), 4, bgra, $0, $1, $2)
    }
  }
}

/// Letters of a height in pixels, with strokes to match.
struct TextStyle {
  let scale: Double
  var thickness: Int { max(1, Int((scale * 2).rounded())) }
  /// Of a capital letter: Hershey's are 22 pixels high at scale 1.
  var height: Int { Int((scale * 22).rounded()) }

  init(height: Double) { scale = height / 22 }
  init(height: Int) { self.init(height: Double(height)) }

  func size(of text: String) -> Canvas.TextSize {
    Canvas.size(of: text, scale: scale, thickness: thickness)
  }

  func width(of text: String) -> Int { size(of: text).width }
}

extension Canvas {
  /// Lays a picture, scaled to the box, over the canvas.
  mutating func draw(_ picture: borrowing Picture, in box: FaceBox) throws {
    try overlay(picture.handle, in: box)
  }

  /// Text that stands on the line `y`.
  mutating func text(_ text: String, x: Int, y: Int, _ style: TextStyle, _ colour: Colour) throws {
    try self.text(text, x: x, y: y, scale: style.scale, thickness: style.thickness, colour)
  }
}
