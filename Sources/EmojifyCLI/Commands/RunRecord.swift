import FERCore
import Foundation

/// A run read back from its folder: what was asked for, and what each epoch gave.
struct RunRecord: Encodable {
  let name: String
  let configuration: TrainingConfiguration
  let epochs: [EpochRecord]

  var best: EpochRecord? { epochs.best }

  /// Throws `EmojifyError` where the folder is no run's or its files are damaged. A run whose first epoch has not ended
  /// has no epochs.
  init(_ folder: URL) throws {
    guard RunFolder.isRun(folder) else {
      throw EmojifyError.missingInput(
        "\(folder.relativePath): is not the folder of a run: there is no config.json")
    }
    try self.init(folder, RunFolder.recipe(of: folder))
  }

  /// Of a run whose recipe is read already. Throws where its history is damaged.
  init(_ folder: URL, _ recipe: TrainingConfiguration) throws {
    name = folder.lastPathComponent
    configuration = recipe
    let history = folder.appendingPathComponent("history.csv")
    epochs =
      FileManager.default.fileExists(atPath: history.path) ? try HistoryWriter.read(history) : []
  }

  static let header = [
    "run", "epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate",
  ]

  /// A line an epoch, counted from 1 as everything people read is.
  var rows: [[String]] {
    epochs.map {
      [name, "\($0.epoch + 1)", "\($0.loss)", "\($0.accuracy)", "\($0.validationLoss)"]
        + ["\($0.validationAccuracy)", "\($0.learningRate)"]
    }
  }

  private enum CodingKeys: String, CodingKey { case run, configuration, epochs, best }

  private func line(_ record: EpochRecord) -> [String: Double] {
    [
      "epoch": Double(record.epoch + 1), "loss": record.loss, "accuracy": record.accuracy,
      "validation_loss": record.validationLoss, "validation_accuracy": record.validationAccuracy,
      "learning_rate": record.learningRate,
    ]
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .run)
    try container.encode(
      JSONValue(parsing: String(decoding: configuration.json(), as: UTF8.self)),
      forKey: .configuration)
    try container.encode(epochs.map(line), forKey: .epochs)
    try container.encode(best.map(line), forKey: .best)
  }
}
