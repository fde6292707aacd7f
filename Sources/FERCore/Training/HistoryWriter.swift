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

  /// The epochs of a history.csv, in order.
  ///
  /// - Throws: `EmojifyError.missingInput` where the file cannot be read, `.badData` that names the line which is not an
  ///   epoch's.
  public static func read(_ url: URL) throws -> [EpochRecord] {
    guard let data = try? Data(contentsOf: url) else {
      throw EmojifyError.missingInput("\(url.relativePath): cannot read: no such file")
    }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    guard lines.first.map(String.init) == header else {
      throw EmojifyError.badData("\(url.relativePath):1: expected the header \(header)")
    }
    return try lines.dropFirst().enumerated().map { row, line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = fields.dropFirst().compactMap { Double($0) }
      guard fields.count == 6, numbers.count == 5, let epoch = Int(fields[0]), epoch == row else {
        throw EmojifyError.badData(
          "\(url.relativePath):\(row + 2): expected epoch \(row) and five numbers, found '\(line.prefix(60))'"
        )
      }
      return EpochRecord(epoch: epoch, numbers: numbers[...])
    }
  }
}
