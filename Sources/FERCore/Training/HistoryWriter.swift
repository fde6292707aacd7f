import Foundation

/// Writes history.csv in the form of Keras' CSVLogger: the epoch, counted from 0, then the
/// other columns sorted by name.
///
/// The whole file is replaced each time, so a run that was killed and resumed leaves the same file as one that was not.
public final class HistoryWriter: TrainingCallback {
  public let name = "history"
  static let header = "epoch,accuracy,learning_rate,loss,val_accuracy,val_loss"

  public init() {}

  public func epochEnded(_ record: EpochRecord, of session: TrainingSession) throws {
    try AtomicFile.write(Data(Self.table(session.history).utf8), to: session.folder.history)
  }

  /// Numbers are the shortest text that reads back as the same number.
  static func table(_ history: [EpochRecord]) -> String {
    let lines = history.map { record in
      ([String(record.epoch)] + record.numbers.map { "\($0)" }).joined(separator: ",")
    }
    return ([header] + lines).joined(separator: "\n") + "\n"
  }
}
