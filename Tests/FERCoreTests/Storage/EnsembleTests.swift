import Foundation
import Testing

@testable import EmojifyCLI
@testable import FERCore

@Suite struct EnsembleTests {
  private let pool = WorkerPool(threads: 2)
  private let images: [[UInt8]] = (0..<5).map { image in
    (0..<144).map { UInt8(($0 * 7 + image * 31) % 256) }
  }

  private func answers(_ network: Network) -> [[Float]] {
    Predictor(network: network, pool: pool).predict(images: images)
  }

  @Test func itsAnswerIsTheMeanOfItsMembers() throws {
    let members = try [1, 2, 3].map { try TrainerTests.network(seed: $0) }
    // The second member names the classes in another order: its output 2 is the first one's 0.
    let orders = [[0, 1, 2], [2, 0, 1], [0, 1, 2]]
    let ensemble = try Network.ensemble(members, orders: orders)
    let singles = members.map(answers)
    for (row, answer) in answers(ensemble).enumerated() {
      for k in 0..<3 {
        let mean = (0..<3).reduce(0) { $0 + Double(singles[$1][row][orders[$1][k]]) } / 3
        #expect(abs(Double(answer[k]) - mean) < 1e-6)
      }
    }
  }

  @Test func itIsSavedAndReadLikeAnyNetwork() throws {
    try withTemporaryFolder { folder in
      let ensemble = try Network.ensemble([1, 2].map { try TrainerTests.network(seed: $0) })
      let file = folder.appendingPathComponent("ensemble.h5")
      try KerasFormat.write(ensemble, metadata: ModelMetadata(labels: ["a", "b", "c"]), to: file)
      #expect(answers(try KerasFormat.read(file).network) == answers(ensemble))
    }
  }

  @Test func othersDoNotFit() throws {
    let small = try TrainerTests.network()
    let large = try Architecture.fast.network(classCount: 3, seed: 1)
    let error = #expect(throws: EmojifyError.self) { _ = try Network.ensemble([small, large]) }
    #expect(error?.description.contains("they make no ensemble") == true)
  }

  @Test func filesWhoseClassesAreOrderedDifferentlyAreOneModel() throws {
    try withTemporaryFolder { folder in
      let names = [["happy", "sad", "angry"], ["anger", "Happy", "sad"]]
      let files = try names.enumerated().map { number, labels in
        let file = folder.appendingPathComponent("model\(number).h5")
        try KerasFormat.write(
          TrainerTests.network(seed: UInt64(number) + 1), metadata: ModelMetadata(labels: labels),
          to: file)
        return file
      }
      let terminal = Terminal(quiet: true)
      let model = try LoadedModel(files, terminal)
      #expect(model.classNames == names[0])
      #expect(model.isEnsemble)
      let singles = try files.map { answers(try LoadedModel($0, terminal).network) }
      for (row, answer) in answers(model.network).enumerated() {
        let happy = (singles[0][row][0] + singles[1][row][1]) / 2
        #expect(abs(answer[0] - happy) < 1e-6)
      }
      let other = folder.appendingPathComponent("other.h5")
      try KerasFormat.write(
        TrainerTests.network(), metadata: ModelMetadata(labels: ["happy", "sad", "fear"]),
        to: other)
      #expect(throws: EmojifyError.self) { _ = try LoadedModel([files[0], other], terminal) }
    }
  }
}
