import FERCore

/// What an evaluation found, as charts.
struct EvaluationCharts {
  let report: ClassificationReport
  let calibration: Calibration

  var matrix: MatrixChart { MatrixChart(matrix: report.matrix) }

  var classes: BarChart {
    BarChart(
      title: "Precision and recall by class", series: ["precision", "recall"],
      groups: report.perClass.map { score in
        BarChart.Group(
          name: score.name, values: [score.precision, score.recall],
          labels: [score.precision, score.recall].map { NumberText.percent($0) })
      }, full: 1)
  }

  var reliability: ReliabilityChart { ReliabilityChart(calibration: calibration) }

  func figure(_ title: String) -> Figure {
    Figure(title, rows: [[matrix, classes, reliability]])
  }

  /// The same as small text charts, `width` columns wide.
  func text(width: Int) -> String {
    let names = report.perClass.map(\.name.displayWidth).max() ?? 0
    let room = max(8, min(40, width - names - 22))
    let bars = report.perClass.flatMap { score in
      [("precision", score.precision, score.name), ("recall", score.recall, "")].map {
        "\($2.padded(to: names))  \($0.padded(to: 9))  "
          + "\(TextBar.text($1, width: room).padded(to: room)) \(NumberText.percent($1))"
      }
    }
    let confidence = calibration.bins.filter { $0.images > 0 }.map { bin in
      let range =
        "\(NumberText.percent(bin.low, decimals: 0)) to \(NumberText.percent(bin.high, decimals: 0))"
      return "\(range.padded(to: 12))  \(TextBar.text(bin.accuracy, width: room).padded(to: room)) "
        + "\(NumberText.percent(bin.accuracy)) of \(NumberText.grouped(bin.images))"
    }
    return
      (["precision and recall:", ""] + bars + ["", "right answers by confidence:", ""]
      + confidence).joined(separator: "\n")
  }
}
