import FERCore

/// Accuracy by confidence (Guo et al. 2017): a calibrated network's bars end on the diagonal.
struct ReliabilityChart: Chart {
  let calibration: Calibration
  let title = "Reliability"
  let width = 420.0
  let height = 340.0

  private static let left = 52.0
  private static let (top, bottom) = (52.0, 280.0)

  func draw(on drawing: inout SVGDrawing) {
    drawing.text(title, x: 0, y: 13, "title")
    drawing.text(
      "Bars: share that is right. Dashed: calibrated. Dots: images.", x: 0, y: 32, "small faint")
    let ticks = [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    let x = Scale(0...1, from: Self.left, to: width - 16, ticks: ticks)
    let y = Scale(0...1, from: Self.bottom, to: Self.top, ticks: ticks)
    for tick in ticks {
      let percent = NumberText.percent(tick, decimals: 0)
      drawing.line(from: (Self.left, y(tick)), to: (width - 16, y(tick)), "grid")
      drawing.text(percent, x: Self.left - 6, y: y(tick) + 4, "small faint", anchor: .end)
      drawing.text(percent, x: x(tick), y: Self.bottom + 18, "small faint", anchor: .middle)
    }
    let most = Double(calibration.bins.map(\.images).max() ?? 1)
    for bin in calibration.bins where bin.images > 0 {
      let hint =
        "confidence \(NumberText.percent(bin.confidence)), accuracy \(NumberText.percent(bin.accuracy)), "
        + NumberText.count(bin.images, "image")
      drawing.rectangle(
        x: x(bin.low) + 1, y: y(bin.accuracy), width: x(bin.high) - x(bin.low) - 2,
        height: Self.bottom - y(bin.accuracy), ChartStyle.fill(0), opacity: 0.75, title: hint)
    }
    drawing.path([(x(0), y(0)), (x(1), y(1))], ChartStyle.stroke(7) + " dash")
    let filled = calibration.bins.filter { $0.images > 0 }
    for bin in filled {
      drawing.circle(
        at: (x((bin.low + bin.high) / 2), y(Double(bin.images) / max(1, most))), radius: 3,
        ChartStyle.fill(1))
    }
    drawing.text(
      "confidence", x: (Self.left + width) / 2, y: Self.bottom + 38, "small faint", anchor: .middle)
  }
}
