/// A rectangle in an image, in whole pixels from its upper left corner.
struct FaceBox: Equatable, Hashable, Codable, Sendable, CustomStringConvertible {
  var x, y, width, height: Int

  var area: Int { width * height }
  var description: String { "[\(x), \(y), \(width), \(height)]" }

  /// The number of pixels in both.
  func overlap(_ other: FaceBox) -> Int {
    let width = min(x + self.width, other.x + other.width) - max(x, other.x)
    let height = min(y + self.height, other.y + other.height) - max(y, other.y)
    return max(0, width) * max(0, height)
  }

  /// The rectangle scaled with its image, to the nearest pixel.
  func scaled(horizontally: Double, vertically: Double) -> FaceBox {
    let left = (Double(x) * horizontally).rounded()
    let top = (Double(y) * vertically).rounded()
    let right = (Double(x + width) * horizontally).rounded()
    let bottom = (Double(y + height) * vertically).rounded()
    return FaceBox(x: Int(left), y: Int(top), width: Int(right - left), height: Int(bottom - top))
  }
}
