import Foundation
import Testing

@testable import FERCore

@Suite struct TrainingConfigurationTests {
  @Test func survivesItsFile() throws {
    var configuration = TrainingConfiguration()
    configuration.seed = .max
    configuration.data = "faces.csv"
    configuration.classes = ["happy", "sad"]
    configuration.classWeights = .values([1, 2.5])
    configuration.clipNorm = 0.5
    configuration.averageDecay = 0.999
    configuration.earlyStopping = 4
    configuration.plateau = PlateauRule(factor: 0.2, patience: 7)
    configuration.optimizer.beta2 = 0.98
    configuration.augmentation = .strong
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("config.json")
      try configuration.json().write(to: file)
      #expect(try TrainingConfiguration(reading: file) == configuration)
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains("\"batch_size\" : 64"))
    }
  }

  @Test func saysWhatIsWrongWithAFile() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("config.json")
      let message = { (text: String) -> String in
        try Data(text.utf8).write(to: file)
        let error = #expect(throws: EmojifyError.self) {
          _ = try TrainingConfiguration(reading: file)
        }
        return error?.description ?? ""
      }
      #expect(try message("epochs: 3").hasSuffix("config.json: is not valid JSON"))
      #expect(try message("{}").contains("is missing"))
      let text = String(decoding: try TrainingConfiguration().json(), as: UTF8.self)
      #expect(
        try message(text.replacingOccurrences(of: "\"cosine\"", with: "\"sine\""))
          .hasSuffix("'schedule.kind' has an unknown value"))
      #expect(
        try message(text.replacingOccurrences(of: "\"epochs\" : 15", with: "\"epochs\" : \"x\""))
          .hasSuffix("'epochs' is something else than the Int that is expected there"))
      #expect(
        try message(text.replacingOccurrences(of: "\"epochs\" : 15", with: "\"epochs\" : 0"))
          .hasSuffix("config.json: epochs is 0, expected 1 to 1000000"))
    }
  }

  @Test func namesTheFieldOutOfRange() {
    var configuration = TrainingConfiguration()
    configuration.labelSmoothing = 1
    #expect(
      throws: EmojifyError.usage("label smoothing is 1.0, expected 0 to below 1")
    ) { try configuration.validate() }
  }

  /// A negative factor would climb.
  @Test(
    arguments: [
      (\LearningRateSchedule.stepFactor, "step factor"),
      (\LearningRateSchedule.finalFraction, "final fraction"),
    ] as [(WritableKeyPath<LearningRateSchedule, Float> & Sendable, String)])
  func aScheduleNeverTurnsRound(
    factor: WritableKeyPath<LearningRateSchedule, Float> & Sendable, name: String
  ) {
    var configuration = TrainingConfiguration()
    configuration.schedule[keyPath: factor] = -1
    #expect(throws: EmojifyError.usage("\(name) is -1.0, expected 0 to 1")) {
      try configuration.validate()
    }
  }

  /// What would overflow or not be allocated is refused as what it is.
  @Test func boundsWhatMemoryAndThreadsBear() {
    for (batch, threads) in [(Int.max, 1), (1 << 45, 1), (0, 1), (64, 0), (64, -1), (64, Int.max)] {
      var configuration = TrainingConfiguration()
      configuration.batchSize = batch
      configuration.threads = threads
      let error = #expect(throws: EmojifyError.self) { try configuration.validate() }
      #expect(error?.exitCode == 64)
    }
  }

  @Test func neverTrainsOnPrivateTest() throws {
    let dataset = TrainerTests.dataset()
    var configuration = TrainingConfiguration()
    configuration.validation = .publicTest
    let data = try TrainingData(dataset, configuration)
    #expect(data.validationKind == .publicTest)
    #expect(
      Set(data.training + data.validation).isDisjoint(with: dataset.indices(of: .privateTest)))

    // A share of Training, and still nothing else.
    configuration.validation = nil
    let withoutPublic = FaceDataset(
      side: 12, pixels: dataset.pixels, labels: dataset.labels,
      splits: dataset.splits.map { $0 == .publicTest ? .privateTest : $0 },
      classNames: dataset.classNames)
    configuration.validationShare = 0.2
    let shared = try TrainingData(withoutPublic, configuration)
    #expect(shared.validationKind == .share)
    #expect((shared.training + shared.validation).sorted() == Array(0..<50))
    #expect(shared.validation.count == 9)  // a fifth of 17, 17 and 16
    configuration.validationShare = nil
    let standard = try TrainingData(withoutPublic, configuration)
    #expect(standard.validation.count == 6)  // a tenth of each
  }

  @Test func aThousandImagesAreEnoughToValidate() throws {
    let count = 20_000
    let dataset = FaceDataset(
      side: 1, pixels: [UInt8](repeating: 0, count: count),
      labels: (0..<count).map { UInt8($0 % 2) },
      splits: [FaceDataset.Split](repeating: .training, count: count), classNames: ["a", "b"])
    #expect(try TrainingData(dataset, TrainingConfiguration()).validation.count == 1000)
  }
}
