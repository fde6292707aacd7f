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
    let folders = try folders()
    let (runs, fault) = try records(of: folders, terminal)
    // As many as there are, not as can be read: a damaged one does not change what is shown of the others.
    let isOne = folders.count == 1
    if json {
      try JSONOutput.write(runs)
    } else if csv {
      CSVOutput.write(header: RunRecord.header, rows: runs.flatMap(\.rows))
    } else {
      print(isOne ? epochs(of: runs[0], terminal) : comparison(runs, terminal))
    }
    if let plot { try draw(runs, isOne ? runs[0].name : "Runs", to: plot, terminal) }
    if let fault { throw EarlyEnd(exitCode: fault.exitCode) }
  }

  private func draw(
    _ runs: [RunRecord], _ title: String, to plot: String, _ terminal: Terminal
  ) throws {
    guard runs.contains(where: { !$0.epochs.isEmpty }) else {
      throw EmojifyError.badData(
        "no run that can be read has ended an epoch yet: there is nothing to draw")
    }
    let file = URL(fileURLWithPath: plot)
    try curves(runs).figure(title).write(to: file)
    terminal.note("wrote \(file.relativePath)")
  }

  /// The runs that were named, else those there are.
  private func folders() throws -> [URL] {
    guard runs.isEmpty else { return runs.map { URL(fileURLWithPath: $0, isDirectory: true) } }
    let found = RunFolder.list(in: URL(fileURLWithPath: "runs", isDirectory: true))
    guard !found.isEmpty else {
      throw EmojifyError.missingInput(
        "runs: there is no run here; name one, or 'emojify train' makes one")
    }
    return found
  }

  /// Of runs that were named all, or an error. Where none was, one damaged run must not hide the others: those that can be
  /// read and the first fault, which is thrown where none can.
  private func records(
    of folders: [URL], _ terminal: Terminal
  ) throws -> ([RunRecord], EmojifyError?) {
    guard runs.isEmpty else { return (try folders.map { try RunRecord($0) }, nil) }
    var faults: [EmojifyError] = []
    let records = try folders.compactMap { folder -> RunRecord? in
      do {
        return try RunRecord(folder)
      } catch let fault as EmojifyError {
        faults.append(fault)
        return nil
      }
    }
    // One that is thrown is told on the way out.
    for fault in records.isEmpty ? faults.dropFirst() : faults[...] { terminal.warn("\(fault)") }
    if records.isEmpty, let fault = faults.first { throw fault }
    return (records, faults.first)
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
