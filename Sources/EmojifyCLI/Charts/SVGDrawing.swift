import Foundation

/// The elements of an SVG picture (W3C SVG 1.1), one after the other. Coordinates are pixels, y grows downwards.
///
/// Colours are classes of `ChartStyle`, never attributes: that is what lets one picture be light and dark.
struct SVGDrawing {
  enum Anchor: String { case start, middle, end }

  private(set) var elements: [String] = []
  /// Added to every coordinate.
  var origin = (x: 0.0, y: 0.0)

  mutating func line(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ style: String
  ) {
    let (a, b) = (place(start), place(end))
    elements.append(
      "<line x1=\"\(a.x)\" y1=\"\(a.y)\" x2=\"\(b.x)\" y2=\"\(b.y)\" class=\"\(style)\"/>")
  }

  /// - Parameter opacity: 0 shows the ground, 1 the full colour.
  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ style: String, opacity: Double = 1,
    radius: Double = 0, title: String? = nil
  ) {
    let corner = place((x, y))
    var attributes =
      "x=\"\(corner.x)\" y=\"\(corner.y)\" width=\"\(Self.number(max(0, width)))\" "
      + "height=\"\(Self.number(max(0, height)))\" class=\"\(style)\""
    if opacity < 1 { attributes += " fill-opacity=\"\(Self.number(opacity, 3))\"" }
    if radius > 0 { attributes += " rx=\"\(Self.number(radius))\"" }
    let hint = title.map { "<title>\(Self.escaped($0))</title>" } ?? ""
    elements.append(hint.isEmpty ? "<rect \(attributes)/>" : "<rect \(attributes)>\(hint)</rect>")
  }

  mutating func circle(at centre: (x: Double, y: Double), radius: Double, _ style: String) {
    let c = place(centre)
    elements.append(
      "<circle cx=\"\(c.x)\" cy=\"\(c.y)\" r=\"\(Self.number(radius))\" class=\"\(style)\"/>")
  }

  mutating func path(_ points: [(x: Double, y: Double)], _ style: String) {
    let text = points.map { point in
      let p = place(point)
      return "\(p.x),\(p.y)"
    }
    elements.append("<polyline points=\"\(text.joined(separator: " "))\" class=\"\(style)\"/>")
  }

  /// `y` is the text's base line. `turned` text reads upwards.
  mutating func text(
    _ text: String, x: Double, y: Double, _ style: String, anchor: Anchor = .start,
    turned: Bool = false
  ) {
    let p = place((x, y))
    let rotation = turned ? " transform=\"rotate(-90 \(p.x) \(p.y))\"" : ""
    elements.append(
      "<text x=\"\(p.x)\" y=\"\(p.y)\" class=\"\(style)\" text-anchor=\"\(anchor.rawValue)\"\(rotation)>"
        + Self.escaped(text) + "</text>")
  }

  private func place(_ point: (x: Double, y: Double)) -> (x: String, y: String) {
    (Self.number(point.x + origin.x), Self.number(point.y + origin.y))
  }

  /// At most `decimals` decimals, no zeros at the end.
  static func number(_ value: Double, _ decimals: Int = 1) -> String {
    precondition(value.isFinite, "a coordinate is \(value)")
    let text = String(format: "%.\(decimals)f", value)
    let short = text.contains(".") ? String(text.reversed().drop { $0 == "0" }.reversed()) : text
    let whole = short.hasSuffix(".") ? String(short.dropLast()) : short
    return whole == "-0" ? "0" : whole
  }

  /// Text for XML and HTML. Characters XML cannot hold are left out.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case "\u{0}"..."\u{1F}", "\u{7F}", "\u{FFFE}", "\u{FFFF}": continue
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
