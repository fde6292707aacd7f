/// The names of a chart's series under its title, in as many rows as they need.
struct Legend {
  typealias Place = (x: Double, y: Double)

  /// Pixels a row takes.
  static let rowHeight = 18.0
  private static let firstRow = 30.0
  /// Between a mark and its name, and between a name and the next mark.
  private static let (markGap, gap) = (6.0, 16.0)
  /// A letter of the small text, on average and then some.
  private static let letter = 6.8

  let rows: Int
  private let names: [String]
  private let mark: Double
  /// The left end of each name's mark, at half its height.
  private let places: [Place]

  /// - Parameters:
  ///   - mark: the width of what stands before each name.
  ///   - width: the chart's; a name that would pass it begins a row.
  init(_ names: [String], mark: Double, width: Double) {
    var (x, row) = (0.0, 0)
    places = names.map { name in
      let length = mark + Self.markGap + Self.letter * Double(name.count) + Self.gap
      if x > 0, x + length > width { (x, row) = (0, row + 1) }
      defer { x += length }
      return (x, Self.firstRow + Self.rowHeight * Double(row))
    }
    rows = names.isEmpty ? 0 : row + 1
    (self.names, self.mark) = (names, mark)
  }

  /// Writes the names; `drawMark` draws what stands before each.
  func draw(
    on drawing: inout SVGDrawing,
    drawMark: (_ drawing: inout SVGDrawing, _ index: Int, _ place: Place) -> Void
  ) {
    for (index, place) in places.enumerated() {
      drawMark(&drawing, index, place)
      drawing.text(names[index], x: place.x + mark + Self.markGap, y: place.y + 4, "small")
    }
  }
}
