import Foundation

/// Lines over a common axis, such as a loss by epochs.
struct LineChart: Chart {
  struct Series {
    /// In the legend; empty: not there.
    let name: String
    let points: [(x: Double, y: Double)]
    /// Which colour; several series may share one.
    let colour: Int
    var isDashed = false
  }

  /// How the numbers at the axis read.
  enum Unit { case plain, percent }

  let title: String
  let horizontal: String
  let series: [Series]
  var unit = Unit.plain
  /// The axis begins at zero.
  var fromZero = false
  /// Marked with a dot and its value.
  var highlight: (x: Double, y: Double, text: String)?
  var width = 420.0
  /// Grows with the legend, so that the lines keep their room; charts with one row of it and with none are as high.
  var height: Double { 300 + Legend.rowHeight * Double(max(0, legend.rows - 1)) }

  private static let left = 52.0
  private static let bottom = 40.0

  private var namedSeries: [Series] {
    series.count > 1 ? series.filter { !$0.name.isEmpty } : []
  }
  private var legend: Legend { Legend(namedSeries.map(\.name), mark: 20, width: width) }

  func draw(on drawing: inout SVGDrawing) {
    let (legend, named) = (legend, namedSeries)
    let top = 26 + Legend.rowHeight * Double(legend.rows)
    let floor = height - Self.bottom
    drawing.text(title, x: 0, y: 13, "title")
    legend.draw(on: &drawing) { drawing, index, place in
      drawing.path([place, (place.x + 20, place.y)], Self.style(named[index]))
    }
    let xs = series.flatMap { $0.points.map(\.x) }
    let ys = series.flatMap { $0.points.map(\.y) }
    let x = horizontalScale(xs)
    let y = Scale(ys, from: floor, to: top, including: fromZero ? [0] : [])
    for tick in y.ticks {
      drawing.line(from: (Self.left, y(tick)), to: (width - 8, y(tick)), "grid")
      drawing.text(
        label(tick, y.decimals), x: Self.left - 6, y: y(tick) + 4, "small faint", anchor: .end)
    }
    for tick in x.ticks {
      drawing.line(from: (x(tick), floor), to: (x(tick), floor + 4), "axis")
      drawing.text(
        SVGDrawing.number(tick, x.decimals), x: x(tick), y: floor + 18, "small faint",
        anchor: .middle)
    }
    drawing.text(
      horizontal, x: (Self.left + width) / 2, y: floor + 34, "small faint", anchor: .middle)
    for line in series {
      let points = line.points.filter { $0.x.isFinite && $0.y.isFinite }.map { (x($0.x), y($0.y)) }
      if points.count == 1 {
        drawing.circle(at: points[0], radius: 3, ChartStyle.fill(line.colour))
      } else if points.count > 1 {
        drawing.path(points.map { (x: $0.0, y: $0.1) }, Self.style(line))
      }
    }
    if let highlight {
      let (px, py) = (x(highlight.x), y(highlight.y))
      drawing.circle(at: (px, py), radius: 4, ChartStyle.fill(series.last?.colour ?? 0))
      let isRight = px > (Self.left + width) / 2
      drawing.text(
        highlight.text, x: px + (isRight ? -7 : 7), y: max(top + 10, py - 8), "small",
        anchor: isRight ? .end : .start)
    }
  }

  /// From the first to the last: labelled at whole numbers, as epochs are, or at round ones where it has less than two.
  private func horizontalScale(_ xs: [Double]) -> Scale {
    let (left, right) = (Self.left + 8, width - 16)
    guard let low = xs.min(), let high = xs.max(), high > low else {
      let only = xs.first ?? 0
      return Scale(only - 1...only + 1, from: left, to: right, ticks: xs.isEmpty ? [] : [only])
    }
    let inner = Scale(xs, from: left, to: right, steps: 8)
    let within = inner.ticks.filter { $0 >= low && $0 <= high }
    let whole = within.filter { $0 == $0.rounded() }
    return Scale(low...high, from: left, to: right, ticks: whole.count >= 2 ? whole : within)
  }

  private func label(_ tick: Double, _ decimals: Int) -> String {
    switch unit {
    case .plain: return String(format: "%.\(decimals)f", tick)
    case .percent: return String(format: "%.\(max(0, decimals - 2))f%%", tick * 100)
    }
  }

  private static func style(_ line: Series) -> String {
    ChartStyle.stroke(line.colour) + (line.isDashed ? " dash" : "")
  }
}
