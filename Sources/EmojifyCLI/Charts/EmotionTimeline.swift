import FERCore

/// What faces showed over time, as charts: numbers only, whoever counted them.
struct EmotionTimeline {
  struct Row {
    let name: String
    /// One for each of `names`, of 1.
    let shares: [Double]
    let seconds: Double
  }

  /// Of each face, and of all of them last.
  let rows: [Row]
  /// Of the emotions.
  let names: [String]
  /// The seconds each emotion was seen in following pieces of time.
  let pieces: [[Double]]
  let secondsAPiece: Double

  /// More rows than that are left out: the ones seen longest stay.
  private static let mostRows = 8

  func figure(_ title: String) -> Figure { Figure(title, rows: [[lines], [bars]]) }

  /// The share of each emotion among the faces seen at a time. Pieces without a face have no point.
  private var lines: LineChart {
    let series = names.enumerated().map { index, name in
      LineChart.Series(
        name: name,
        points: pieces.enumerated().compactMap { place, times in
          let sum = times.reduce(0, +)
          guard sum > 0 else { return nil }
          return ((Double(place) + 0.5) * secondsAPiece, times[index] / sum)
        }, colour: index)
    }
    var chart = LineChart(
      title: "Share of the faces seen", horizontal: "seconds", series: series, unit: .percent,
      fromZero: true)
    chart.width = 860
    return chart
  }

  /// The share of each row's time that each emotion has.
  private var bars: BarChart {
    let shown = shownRows
    return BarChart(
      title: "Share of time",
      series: shown.map { "\($0.name) (\(NumberText.fixed($0.seconds, 1)) s)" },
      groups: names.enumerated().map { index, name in
        BarChart.Group(
          name: name, values: shown.map { $0.shares[index] },
          labels: shown.map { NumberText.percent($0.shares[index]) })
      }, full: 1, width: 860)
  }

  private var shownRows: [Row] {
    guard rows.count > Self.mostRows, let all = rows.last else { return rows }
    let longest = rows.dropLast().sorted { $0.seconds > $1.seconds }.prefix(Self.mostRows - 1)
    let names = Set(longest.map(\.name))
    return rows.dropLast().filter { names.contains($0.name) } + [all]
  }
}
