import Foundation
import Testing

@testable import FERCore

@Suite struct ClassificationReportTests {
  /// a: 4 right, 1 called b. b: 2 right, 2 called a. c: no image is c, one b is called c.
  let matrix = ConfusionMatrix(
    classNames: ["a", "b", "c"], counts: [[4, 1, 0], [2, 2, 1], [0, 0, 0]])

  @Test func numbersByHand() {
    let report = ClassificationReport(matrix, loss: 0.5)
    #expect(report.images == 10)
    #expect(report.accuracy == 0.6)
    let scores = report.perClass
    #expect(abs(scores[0].precision - 4.0 / 6) < 1e-15 && scores[0].recall == 0.8)
    #expect(abs(scores[1].precision - 2.0 / 3) < 1e-15 && scores[1].recall == 0.4)
    #expect(abs(scores[0].f1 - 8.0 / 11) < 1e-15)
    #expect(scores[1].f1 == 0.5)
    #expect(scores[2] == .init(name: "c", precision: 0, recall: 0, f1: 0, support: 0))
    #expect(abs(report.macroF1 - (8.0 / 11 + 0.5 + 0) / 3) < 1e-15)  // c occurs as a prediction
    #expect(abs(report.balancedAccuracy - 0.6) < 1e-15)  // but has no images
    // Wilson, 6 of 10: 0.3127 to 0.8318 in every table.
    #expect(abs(report.accuracyInterval[0] - 0.3127) < 5e-5)
    #expect(abs(report.accuracyInterval[1] - 0.8318) < 5e-5)
  }

  @Test func normalizes() {
    #expect(
      matrix.normalized(by: .truth) == [[0.8, 0.2, 0], [0.4, 0.4, 0.2], [0, 0, 0]])
    #expect(matrix.normalized(by: .prediction)[1] == [2.0 / 6, 2.0 / 3, 1])
    #expect(matrix.normalized(by: .all)[0] == [0.4, 0.1, 0])
  }

  @Test func jsonHasTheAgreedKeys() throws {
    let report = ClassificationReport(matrix, loss: 0.5)
    let data = try JSONEncoder().encode(report)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let agreed = [
      "accuracy", "loss", "macro_f1", "balanced_accuracy", "images", "classes", "confusion",
    ]
    for key in agreed { #expect(object[key] != nil, "\(key)") }
    #expect(object["classes"] as? [String] == ["a", "b", "c"])
    #expect(object["confusion"] as? [[Int]] == matrix.counts)
    #expect(try JSONDecoder().decode(ClassificationReport.self, from: data) == report)
  }

  @Test func nothingToScore() {
    let report = ClassificationReport(ConfusionMatrix(classNames: ["a", "b"]), loss: 0)
    #expect(report.accuracy == 0 && report.accuracyInterval == [0, 1])
    #expect(report.macroF1 == 0 && report.balancedAccuracy == 0)
  }

  @Test func fromAnswers() {
    let report = Evaluator.report(
      [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [1, 0, 0]], labels: [0, 0, 2],
      classNames: ["a", "b", "c"])
    #expect(report.confusion == [[1, 1, 0], [0, 0, 0], [1, 0, 0]])
    // ln 2, ln 4 and the cut at 1e-7.
    #expect(abs(report.loss - (log(2.0) + log(4.0) + 7 * log(10.0)) / 3) < 1e-9)
    let broken = Evaluator.report([[.nan, .nan]], labels: [0], classNames: ["a", "b"])
    #expect(broken.loss.isNaN)
  }
}
