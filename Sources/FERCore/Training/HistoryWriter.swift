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
    let file = try MappedFile(url)
    let lines = String(decoding: file.bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    guard lines[0] == header else {
      throw EmojifyError.badData("\(url.relativePath):1: expected the header \(header)")
    }
    let rows = lines.enumerated().dropFirst().filter { !$0.element.isEmpty }
    return try rows.enumerated().map { row, line in
      let fields = line.element.split(separator: ",", omittingEmptySubsequences: false)
      // No run writes larger ones, and no axis has room for their digits.
      let numbers = fields.dropFirst().compactMap { Double($0) }.filter { abs($0) < 1e30 }
      guard fields.count == 6, numbers.count == 5, let epoch = Int(fields[0]), epoch == row else {
        throw EmojifyError.badData(
          "\(url.relativePath):\(line.offset + 1): expected epoch \(row) and five numbers, found "
            + "'\(line.element.prefix(60))'")
      }
      return EpochRecord(epoch: epoch, numbers: numbers[...])
    }
  }
}
