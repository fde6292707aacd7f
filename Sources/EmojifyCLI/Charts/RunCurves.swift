import FERCore

/// What runs learned, epoch by epoch, as pictures and as text.
struct RunCurves {
  struct Run {
    let name: String
    let epochs: [EpochRecord]
  }

  let runs: [Run]

  /// Loss, accuracy and learning rate, side by side.
  func figure(_ title: String) -> Figure { Figure(title, rows: [charts]) }

  var charts: [any Chart] {
    let isOne = runs.count == 1
    let note = isOne ? "" : " (dashed: training)"
    var accuracy = LineChart(
      title: "Accuracy" + note, horizontal: "epoch",
      series: series(training: \.accuracy, validation: \.validationAccuracy), unit: .percent)
    if isOne, let best = runs[0].epochs.best {
      accuracy.highlight = (
        Double(best.epoch + 1), best.validationAccuracy,
        "best \(NumberText.percent(best.validationAccuracy, decimals: 2))"
      )
    }
    let loss = LineChart(
      title: "Loss" + note, horizontal: "epoch",
      series: series(training: \.loss, validation: \.validationLoss))
    let rate = LineChart(
      title: "Learning rate, at each epoch's end", horizontal: "epoch",
      series: runs.enumerated().map { index, run in
        line(isOne ? "learning rate" : run.name, run, isOne ? 2 : index, \.learningRate)
      },
      fromZero: true)
    return [accuracy, loss, rate]
  }

  /// One run: training and validation in two colours. Several: a colour each, training dashed.
  private func series(
    training: KeyPath<EpochRecord, Double>, validation: KeyPath<EpochRecord, Double>
  ) -> [LineChart.Series] {
    if runs.count == 1 {
      return [
        line("training", runs[0], 1, training), line("validation", runs[0], 0, validation),
      ]
    }
    return runs.enumerated().flatMap { index, run in
      [
        line("", run, index, training, isDashed: true),
        line(run.name, run, index, validation),
      ]
    }
  }

  private func line(
    _ name: String, _ run: Run, _ colour: Int, _ path: KeyPath<EpochRecord, Double>,
    isDashed: Bool = false
  ) -> LineChart.Series {
    LineChart.Series(
      name: name, points: run.epochs.map { (Double($0.epoch + 1), $0[keyPath: path]) },
      colour: colour, isDashed: isDashed)
  }

  /// Accuracy and loss of one run, or the validation accuracy of several, `width` columns wide.
  func text(width: Int) -> String {
    guard runs.count == 1, let run = runs.first else {
      return runs.contains { !$0.epochs.isEmpty } ? comparison(width: width) : ""
    }
    let accuracy = plot(run, \.accuracy, \.validationAccuracy, width, Self.percent)
    let loss = plot(run, \.loss, \.validationLoss, width, NumberText.fixed)
    return "accuracy\n\(accuracy)\n\nloss\n\(loss)"
  }

  private static func percent(_ share: Double, _ decimals: Int) -> String {
    NumberText.percent(share, decimals: max(0, decimals - 2))
  }

  private func plot(
    _ run: Run, _ training: KeyPath<EpochRecord, Double>,
    _ validation: KeyPath<EpochRecord, Double>, _ width: Int, _ label: (Double, Int) -> String
  ) -> String {
    let lines = [
      TextChart.Line(
        name: "training", values: run.epochs.map { $0[keyPath: training] }, mark: "·"),
      TextChart.Line(
        name: "validation", values: run.epochs.map { $0[keyPath: validation] }, mark: "●"),
    ]
    return TextChart.plot(lines, width: width, height: 9, label: label)
  }

  private func comparison(width: Int) -> String {
    let marks: [Character] = ["●", "×", "+", "○", "◆", "□", "▲", "◇"]
    let longest = runs.map(\.epochs.count).max() ?? 0
    let lines = runs.enumerated().map { index, run in
      let missing = Array(repeating: Double.nan, count: longest - run.epochs.count)
      return TextChart.Line(
        name: run.name, values: run.epochs.map(\.validationAccuracy) + missing,
        mark: marks[index % marks.count])
    }
    return "validation accuracy\n"
      + TextChart.plot(lines, width: width, height: 12, label: Self.percent)
  }
}
