import Foundation
import Testing

@testable import FERCore

@Suite struct HistoryTests {
  private let records = (0..<3).map { epoch in
    EpochRecord(
      epoch: epoch, accuracy: 0.1 * Double(epoch) + 1 / 3, loss: 1.8, validationAccuracy: 0.5,
      validationLoss: 1.5 - Double(epoch % 2), learningRate: 1e-3)
  }

  @Test func whatIsWrittenReadsBackEqual() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("history.csv")
      try Data(HistoryWriter.table(records).utf8).write(to: file)
      #expect(try HistoryWriter.read(file) == records)
    }
    #expect(records.best == records[1] && [EpochRecord]().best == nil)
  }

  @Test(arguments: [
    ("epoch,loss\n", ":1: expected the header"),
    ("\(HistoryWriter.header)\n0,1,2,3,4\n", ":2: expected epoch 0 and five numbers"),
    ("\(HistoryWriter.header)\n0,1,2,3,4,x\n", ":2: expected epoch 0"),
    ("\(HistoryWriter.header)\n0,1,2,3,4,5\n2,1,2,3,4,5\n", ":3: expected epoch 1"),
    ("\(HistoryWriter.header)\n\n0,1,2,3,4,5\n\n1,1,2,3,nan,5\n", ":5: expected epoch 1"),
    ("\(HistoryWriter.header)\n0,1,2,3,4,1e999\n", ":2: expected epoch 0"),
    ("\(HistoryWriter.header)\n0,1,2,3,1e308,5\n", ":2: expected epoch 0"),
    ("", ":1: expected the header"),
  ])
  func aDamagedFileNamesItsLine(text: String, message: String) throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("history.csv")
      try Data(text.utf8).write(to: file)
      let error = #expect(throws: EmojifyError.self) { try HistoryWriter.read(file) }
      #expect(error?.exitCode == 65 && error?.description.contains(message) == true, "\(error!)")
    }
  }
}
