import FERCore
import Foundation

/// What `train` shows while it works: a bar within the epoch on a terminal, and one line for each epoch done.
struct TrainingView {
  private let terminal: Terminal
  private let epochs: Int
  private var bar: ProgressBar
  private var epochStart = ProcessInfo.processInfo.systemUptime
  private var imagesPerSecond = 0.0
  private var hasSaidAlike = false

  init(_ terminal: Terminal, epochs: Int) {
    self.terminal = terminal
    self.epochs = epochs
    bar = ProgressBar(terminal, label: "")
  }

  mutating func show(_ event: TrainingEvent) {
    switch event {
    case .askingTeachers(let done, let all):
      bar.label = "asking teachers"
      bar.update(Double(done) / Double(max(1, all)), "")
      epochStart = ProcessInfo.processInfo.systemUptime
    case .step(let step):
      imagesPerSecond = step.imagesPerSecond
      bar.label = "epoch \(step.epoch + 1)/\(epochs)"
      bar.update(Double(step.batch) / Double(max(1, step.batches)), Self.text(step))
    case .validation(let done, let all):
      bar.label = "validation"
      bar.update(Double(done) / Double(max(1, all)), "")
    case .epoch(let record, let isBest):
      bar.clear()
      let now = ProcessInfo.processInfo.systemUptime
      terminal.note(
        Self.text(
          record, of: epochs, imagesPerSecond: imagesPerSecond, seconds: now - epochStart)
          + (isBest ? terminal.styled("  best", .green, for: .errors) : ""))
      epochStart = now
    case .calledAlike(let epoch, let className, let images):
      // Many networks begin so: in the first epoch it says nothing.
      guard epoch > 0, !hasSaidAlike else { return }
      hasSaidAlike = true
      terminal.note(
        "note: all \(NumberText.count(images, "validation image")) are called '\(className)': nothing is learnt yet; where "
          + "that stays so, another --learning-rate or --warmup-epochs 0 may help")
    }
  }

  /// Writes curves.svg from the run's history. A picture that cannot be written is no reason to stop training.
  func draw(_ run: RunFolder) {
    do {
      let epochs = try HistoryWriter.read(run.history)
      let name = run.url.lastPathComponent
      try RunCurves(runs: [.init(name: name, epochs: epochs)]).figure(name).write(to: run.curves)
    } catch {
      terminal.warn("\(error)")
    }
  }

  /// Scores of the epoch so far, and the time left in the whole run by this epoch's pace.
  static func text(_ step: StepReport) -> String {
    let fraction = Double(step.batch) / Double(max(1, step.batches))
    // The epoch's length by what is left of it; unknown at its very end, when only validation remains.
    let length = fraction < 1 ? step.epochSecondsLeft / (1 - fraction) : 0
    let left = step.epochSecondsLeft + length * Double(step.epochs - step.epoch - 1)
    return "loss \(NumberText.fixed(step.loss, 3))  "
      + "accuracy \(NumberText.percent(step.accuracy))  "
      + "\(NumberText.rate(step.imagesPerSecond)) images/s  \(ProgressBar.duration(left)) left"
  }

  static func text(
    _ record: EpochRecord, of epochs: Int, imagesPerSecond: Double, seconds: Double
  ) -> String {
    let number = String(record.epoch + 1)
    let padding = String(repeating: " ", count: max(0, String(epochs).count - number.count))
    return "epoch \(padding)\(number)/\(epochs)  loss \(NumberText.fixed(record.loss, 4))  "
      + "accuracy \(NumberText.percent(record.accuracy))  "
      + "validation loss \(NumberText.fixed(record.validationLoss, 4))  "
      + "accuracy \(NumberText.percent(record.validationAccuracy))  "
      + "\(NumberText.rate(imagesPerSecond)) images/s  \(ProgressBar.duration(seconds))"
  }
}
