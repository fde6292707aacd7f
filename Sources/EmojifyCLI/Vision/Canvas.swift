import COpenCV
import FERCore

/// A copy of an image to draw on. Everything is antialiased and clipped at the borders.
struct Canvas: ~Copyable {
  /// Red, green, blue: 0...255.
  struct Colour: Equatable, Sendable {
    var red, green, blue: UInt8

    init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    fileprivate var shim: copencv_colour { copencv_colour(blue: blue, green: green, red: red) }
  }

  /// How large text is on the canvas, in pixels; `descent` is what letters reach below their line.
  struct TextSize: Equatable {
    var width, height, descent: Int
  }

  private let handle: ImageHandle

  init(copying image: Image) throws {
    handle = try ImageHandle("image") {
      copencv_image_convert(
        image.handle.pointer, Int32(image.width), Int32(image.height), 3, $0, $1, $2)
    }
  }

  /// A copy with `width` columns of one colour at its right.
  init(copying image: Image, widenedBy width: Int, _ colour: Colour) throws {
    handle = try ImageHandle("image") {
      copencv_image_widen(image.handle.pointer, Int32(width), colour.shim, $0, $1, $2)
    }
  }

  /// Ends the drawing.
  consuming func image() -> Image { Image(handle) }

  mutating func fill(_ box: FaceBox, radius: Int, _ colour: Colour) throws {
    try rectangle(box, radius: radius, thickness: 0, colour)
  }

  /// A frame of `thickness` pixels centred on the box's edge.
  mutating func frame(_ box: FaceBox, radius: Int, thickness: Int, _ colour: Colour) throws {
    try rectangle(box, radius: radius, thickness: max(1, thickness), colour)
  }

  private mutating func rectangle(
    _ box: FaceBox, radius: Int, thickness: Int, _ colour: Colour
  ) throws {
    try openCV("drawing") { reason, capacity in
      copencv_draw_rectangle(
        handle.pointer, Int32(box.x), Int32(box.y), Int32(box.width), Int32(box.height),
        Int32(radius), Int32(thickness), colour.shim, reason, capacity)
    }
  }

  static func size(of text: String, scale: Double, thickness: Int) -> TextSize {
    var width: Int32 = 0
    var height: Int32 = 0
    var descent: Int32 = 0
    copencv_text_size(Self.letters(of: text), scale, Int32(thickness), &width, &height, &descent)
    return TextSize(width: Int(width), height: Int(height), descent: Int(descent))
  }

  /// What is not ASCII is shown as `?`: Hershey's letters have no more.
  private static func letters(of text: String) -> String {
    String(text.map { $0.isASCII ? $0 : "?" })
  }

  /// Text that stands on the line `y`.
  mutating func text(
    _ text: String, x: Int, y: Int, scale: Double, thickness: Int, _ colour: Colour
  ) throws {
    try openCV("drawing") { reason, capacity in
      copencv_draw_text(
        handle.pointer, Self.letters(of: text), Int32(x), Int32(y), scale, Int32(thickness),
        colour.shim, reason, capacity)
    }
  }

  /// Lays `picture` (BGRA), scaled to the box, over the canvas.
  mutating func overlay(_ picture: borrowing ImageHandle, in box: FaceBox) throws {
    try openCV("drawing") { reason, capacity in
      copencv_draw_overlay(
        handle.pointer, picture.pointer, Int32(box.x), Int32(box.y), Int32(box.width),
        Int32(box.height), reason, capacity)
    }
  }
}
