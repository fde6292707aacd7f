import FERCore
import Foundation

/// `emojify history`: what runs learned, epoch by epoch, and which did best.
struct History: Command {
  static let name = "history"
  static let summary = "Show a run's epochs, or compare runs, as table, chart or data."
  static let examples = [
    Example("emojify history", "Every run in runs/, the best score of each."),
    Example("emojify history runs/first", "One run's epochs, with small charts."),
    Example("emojify history runs/* --plot runs.svg", "Compare runs in one picture."),
  ]
  static var positionals: [Positional<Self>] {
    [.many("RUNS", \.runs, atLeast: 0, "Folders of runs; none: those in runs/, newest first.")]
  }
  static var options: [Option<Self>] {
    [
      .value(
        "--plot", "<file>", \.plot, "Write accuracy, loss and learning rate as an SVG picture."),
      .flag("--json", \.json, "Write everything as JSON."),
      .flag("--csv", \.csv, "Write one line a run and epoch."),
    ]
  }

  var common = CommonOptions()
  var runs: [String] = []
  var plot: String?
  var json = false
  var csv = false

  mutating func validate() throws {
    if json, csv { throw EmojifyError.usage("--json and --csv exclude each other") }
    try Figure.check(plot)
  }

  func run(_ terminal: Terminal) throws {
    let runs = try records(terminal)
    if json {
      try JSONOutput.write(runs)
    } else if csv {
      CSVOutput.write(header: RunRecord.header, rows: runs.flatMap(\.rows))
    } else {
      print(runs.count == 1 ? epochs(of: runs[0], terminal) : comparison(runs, terminal))
    }
    guard let plot else { return }
    guard runs.contains(where: { !$0.epochs.isEmpty }) else {
      throw EmojifyError.badData("no run has ended an epoch yet: there is nothing to draw")
    }
    let file = URL(fileURLWithPath: plot)
    try curves(runs).figure(runs.count == 1 ? runs[0].name : "Runs").write(to: file)
    terminal.note("wrote \(file.relativePath)")
  }

  /// The runs that were named: all of them or an error. Where none was, one damaged run must not hide the others.
  private func records(_ terminal: Terminal) throws -> [RunRecord] {
    guard runs.isEmpty else {
      return try runs.map { try RunRecord(URL(fileURLWithPath: $0, isDirectory: true)) }
    }
    let found = RunFolder.list(in: URL(fileURLWithPath: "runs", isDirectory: true))
    guard !found.isEmpty else {
      throw EmojifyError.missingInput(
        "runs: there is no run here; name one, or 'emojify train' makes one")
    }
    return found.compactMap { folder in
      do {
        return try RunRecord(folder)
      } catch {
        terminal.warn("\(error)")
        return nil
      }
    }
  }

  private func curves(_ runs: [RunRecord]) -> RunCurves {
    RunCurves(runs: runs.map { .init(name: $0.name, epochs: $0.epochs) })
  }

  private func epochs(of run: RunRecord, _ terminal: Terminal) -> String {
    guard !run.epochs.isEmpty else { return "\(run.name): no epoch has ended yet" }
    var table = Table(
      [.right, .right, .right, .right, .right, .right, .left],
      header: [
        "epoch", "loss", "accuracy", "validation loss", "accuracy", "learning rate", "",
      ])
    for record in run.epochs {
      table.row([
        String(record.epoch + 1), NumberText.fixed(record.loss, 4),
        NumberText.percent(record.accuracy), NumberText.fixed(record.validationLoss, 4),
        NumberText.percent(record.validationAccuracy, decimals: 2),
        String(format: "%.3g", record.learningRate), record == run.best ? "best" : "",
      ])
    }
    return terminal.styled(run.name, .bold)
      + ": \(run.configuration.architecture), \(run.epochs.count) of "
      + "\(NumberText.count(run.configuration.epochs, "epoch")), seed \(run.configuration.seed)\n\n"
      + table.text + "\n\n" + curves([run]).text(width: min(terminal.width, 100))
  }

  private func comparison(_ runs: [RunRecord], _ terminal: Terminal) -> String {
    var table = Table(
      [.left, .left, .right, .right, .right, .right, .right],
      header: ["run", "architecture", "seed", "epochs", "best", "accuracy", "loss"])
    for run in runs {
      table.row([
        run.name, run.configuration.architecture, String(run.configuration.seed),
        "\(run.epochs.count)/\(run.configuration.epochs)",
        run.best.map { String($0.epoch + 1) } ?? "-",
        run.best.map { NumberText.percent($0.validationAccuracy, decimals: 2) } ?? "-",
        run.best.map { NumberText.fixed($0.validationLoss, 4) } ?? "-",
      ])
    }
    let chart = curves(runs).text(width: min(terminal.width, 100))
    return table.text + (chart.isEmpty ? "" : "\n\n" + chart)
  }
}
