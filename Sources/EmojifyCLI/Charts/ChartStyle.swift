/// The colours and letters of charts, light and dark.
///
/// Series colours are those of Okabe & Ito (2008), told apart by colour-blind readers too, lightened for the dark ground.
enum ChartStyle {
  static let seriesCount = 8
  private static let light = [
    "#0072b2", "#d55e00", "#009e73", "#a6457f", "#b58900", "#2aa1d3", "#555555", "#7a5195",
  ]
  private static let dark = [
    "#56a8e8", "#ff8c42", "#2fc79a", "#e58fc4", "#e8c22e", "#7fd3f7", "#b5b5b5", "#b79ae0",
  ]

  /// The style sheet: in a `<style>` of the picture, or once in the page around several.
  static let sheet: String = {
    """
    .chart text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
    .chart text.title { font-size: 14px; font-weight: 600 }
    .chart text.small { font-size: 11px }
    .chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }
    .chart polyline.dash { stroke-dasharray: 5 4 }
    \(colours(ground: "#ffffff", ink: "#1b1f24", faint: "#59636e", grid: "#dfe3e8", heat: "#0b63a8", series: light))
    @media (prefers-color-scheme: dark) {
    \(colours(ground: "#14171c", ink: "#e6e9ee", faint: "#9aa4b0", grid: "#2c323b", heat: "#4a9be6", series: dark))
    }
    """
  }()

  private static func colours(
    ground: String, ink: String, faint: String, grid: String, heat: String, series: [String]
  ) -> String {
    let series = series.enumerated().map { index, colour in
      ".chart .s\(index) { stroke: \(colour) } .chart .f\(index) { fill: \(colour) }"
    }
    return """
      .chart .ground { fill: \(ground) }
      .chart text { fill: \(ink) } .chart text.faint { fill: \(faint) } .chart text.onheat { fill: #ffffff }
      .chart .grid { stroke: \(grid) } .chart .axis { stroke: \(faint) }
      .chart .cell { fill: \(heat) } .chart .track { fill: \(grid) }
      \(series.joined(separator: "\n"))
      """
  }

  /// The class of a line of that series; repeats after `seriesCount`.
  static func stroke(_ series: Int) -> String { "s\(series % seriesCount)" }
  static func fill(_ series: Int) -> String { "f\(series % seriesCount)" }
}
