import FERCore

/// A classification report as text for people.
struct ReportText {
  let evaluation: Evaluation
  let terminal: Terminal
  private var report: ClassificationReport { evaluation.report }

  /// Scores, then precision, recall, F1 and support of each class.
  var scores: String {
    let interval = report.accuracyInterval.map { NumberText.percent($0) }
    var lines = [
      terminal.styled("accuracy  \(NumberText.percent(report.accuracy, decimals: 2))", .bold)
        + "  (95% interval \(interval[0]) to \(interval[1]), "
        + "\(NumberText.count(report.images, "image")))",
      "loss      \(NumberText.fixed(report.loss, 4))",
      "macro F1  \(NumberText.percent(report.macroF1, decimals: 2))",
      "balanced accuracy  \(NumberText.percent(report.balancedAccuracy, decimals: 2))",
      "calibration error  \(NumberText.percent(evaluation.calibration.expectedError, decimals: 2))",
    ]
    if let leak = evaluation.leak, leak.duplicates > 0 {
      lines.append(
        NumberText.count(
          leak.duplicates, "image is an exact copy of a Training image",
          "images are exact copies of Training images")
          + (leak.accuracyWithout.map {
            "; accuracy without: \(NumberText.percent($0, decimals: 2))"
          } ?? ""))
    }
    lines.append("")
    var table = Table(
      [.left, .right, .right, .right, .right],
      header: ["class", "precision", "recall", "F1", "support"])
    for score in report.perClass {
      table.row(
        [score.name]
          + [score.precision, score.recall, score.f1].map { NumberText.percent($0) }
          + [NumberText.grouped(score.support)])
    }
    lines.append(table.text)
    return lines.joined(separator: "\n")
  }

  /// The confusion matrix: rows are true classes, columns predicted ones.
  func confusion(_ normalization: ConfusionMatrix.Normalization?) -> String {
    let matrix = report.matrix
    let cells: [[String]]
    if let normalization {
      cells = matrix.normalized(by: normalization).map { $0.map { NumberText.percent($0) } }
    } else {
      cells = matrix.counts.map { $0.map(NumberText.grouped) }
    }
    var table = Table(
      [.left] + matrix.classNames.map { _ in .right },
      header: ["true ↓ called →"] + matrix.classNames)
    for (row, name) in matrix.classNames.enumerated() {
      table.row([name] + cells[row])
    }
    let meaning =
      switch normalization {
      case nil: "images"
      case .truth: "shares of each true class"
      case .prediction: "shares of what was called so"
      case .all: "shares of all images"
      }
    return "confusion, \(meaning):\n\n" + table.text
  }
}

extension ConfusionMatrix.Normalization: ArgumentChoice {}
