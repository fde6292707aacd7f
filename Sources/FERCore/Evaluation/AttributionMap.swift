/// How much each place of an image speaks for a class: numbers on a grid that is laid over the whole image.
public struct AttributionMap: Sendable, Equatable {
  public let height: Int
  public let width: Int
  /// Row-major, `height * width`; what they are in depends on the method.
  public let values: [Float]

  public init(height: Int, width: Int, values: [Float]) {
    precondition(height > 0 && width > 0 && values.count == height * width)
    self.height = height
    self.width = width
    self.values = values
  }

  /// Rows of values.
  public var rows: [[Float]] {
    (0..<height).map { Array(values[$0 * width..<($0 + 1) * width]) }
  }

  /// The largest value, and where it is (the first of equals).
  public var peak: (value: Float, row: Int, column: Int) {
    let best = values.placeOfLargest
    return (values[best], best / width, best % width)
  }

  /// The map on another grid over the same image: bilinear between the cells' centres, beyond the outermost ones
  /// their values.
  public func resized(height newHeight: Int, width newWidth: Int) -> AttributionMap {
    precondition(newHeight > 0 && newWidth > 0)
    let columns = (0..<newWidth).map { Self.neighbours(of: $0, of: newWidth, among: width) }
    var result: [Float] = []
    result.reserveCapacity(newHeight * newWidth)
    for row in 0..<newHeight {
      let y = Self.neighbours(of: row, of: newHeight, among: height)
      for x in columns {
        let upper = mixed(values[y.low * width + x.low], values[y.low * width + x.high], x.share)
        let lower = mixed(values[y.high * width + x.low], values[y.high * width + x.high], x.share)
        result.append(mixed(upper, lower, y.share))
      }
    }
    return AttributionMap(height: newHeight, width: newWidth, values: result)
  }

  private func mixed(_ a: Float, _ b: Float, _ share: Float) -> Float { a + (b - a) * share }

  /// The cells around the centre of cell `place` of another number of cells, and the share of the upper one.
  private static func neighbours(
    of place: Int, of count: Int, among cells: Int
  ) -> (low: Int, high: Int, share: Float) {
    let position = (Float(place) + 0.5) * Float(cells) / Float(count) - 0.5
    let inside = min(max(position, 0), Float(cells - 1))
    let low = Int(inside)
    return (low, min(low + 1, cells - 1), inside - Float(low))
  }
}
