import FERCore
import Foundation

/// Something that draws itself into a rectangle of its own size.
protocol Chart {
  /// Pixels.
  var width: Double { get }
  var height: Double { get }
  /// What a reader who cannot see it is told.
  var title: String { get }
  /// Draws with the chart's corner at the drawing's origin.
  func draw(on drawing: inout SVGDrawing)
}

/// One picture of several charts, in rows.
struct Figure {
  let title: String
  let rows: [[any Chart]]
  private static let gap = 24.0
  private static let margin = 16.0

  init(_ title: String, rows: [[any Chart]]) {
    self.title = title
    self.rows = rows
  }

  /// A whole SVG file.
  var file: String {
    let head = title.isEmpty ? 0.0 : 28.0
    let widths = rows.map { row in
      row.reduce(0) { $0 + $1.width } + Self.gap * Double(row.count - 1)
    }
    let heights = rows.map { row in row.map(\.height).max() ?? 0 }
    let width = (widths.max() ?? 0) + 2 * Self.margin
    let height =
      heights.reduce(0, +) + Self.gap * Double(rows.count - 1) + 2 * Self.margin + head
    var drawing = SVGDrawing()
    drawing.rectangle(x: 0, y: 0, width: width, height: height, "ground")
    if !title.isEmpty {
      drawing.text(title, x: Self.margin, y: Self.margin + 12, "title")
    }
    var y = Self.margin + head
    for (row, rowHeight) in zip(rows, heights) {
      var x = Self.margin
      for chart in row {
        drawing.origin = (x, y)
        chart.draw(on: &drawing)
        x += chart.width + Self.gap
      }
      y += rowHeight + Self.gap
    }
    return Self.element(
      drawing, width: width, height: height, title: title, style: ChartStyle.sheet)
  }

  /// One chart as an element of a page that holds the style sheet itself.
  static func inline(_ chart: any Chart) -> String {
    var drawing = SVGDrawing()
    chart.draw(on: &drawing)
    return element(
      drawing, width: chart.width, height: chart.height, title: chart.title, style: nil)
  }

  /// Writes the picture as an SVG file, atomically.
  ///
  /// Throws `EmojifyError.usage` for a name that does not end in `.svg`, and what `AtomicFile` throws.
  func write(to file: URL) throws {
    try Self.check(file.relativePath)
    try AtomicFile.write(Data(self.file.utf8), to: file)
  }

  /// Charts are SVG: another ending is a mistake, found before the work.
  static func check(_ path: String?) throws {
    guard let path, URL(fileURLWithPath: path).pathExtension.lowercased() != "svg" else { return }
    throw EmojifyError.usage("\(path): charts are written as SVG, expected a name ending in .svg")
  }

  private static func element(
    _ drawing: SVGDrawing, width: Double, height: Double, title: String, style: String?
  ) -> String {
    let (w, h) = (SVGDrawing.number(width), SVGDrawing.number(height))
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" width=\"\(w)\" "
        + "height=\"\(h)\" viewBox=\"0 0 \(w) \(h)\">",
      "<title>\(SVGDrawing.escaped(title))</title>",
    ]
    if let style { lines.append("<style>\n\(style)\n</style>") }
    return (lines + drawing.elements + ["</svg>"]).joined(separator: "\n") + "\n"
  }
}
