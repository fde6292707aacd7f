import Foundation

/// Everything that decides what a run learns, and what its config.json holds. The same configuration on the same data
/// ends with the same bits, whatever `threads` is.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
  /// What an epoch is judged by. Whoever stops, or picks an epoch, by PublicTest has chosen on it.
  public enum ValidationSource: String, Codable, Sendable, CaseIterable {
    case publicTest = "public"
    /// A share of Training, which then is not trained on.
    case training
  }

  /// What the loss of an image is multiplied by.
  public enum ClassWeights: Codable, Sendable, Equatable {
    case none
    /// n / (classes · images of the class).
    case balanced
    /// One number a class, in label order.
    case values([Float])
  }

  /// The name of the recipe it began as; decides nothing.
  public var recipe: String?
  /// A name of `Architecture.all`, or that of the network the run began with.
  public var architecture = Architecture.standard.name
  /// What it begins with; nil: weights drawn from the seed.
  public var start: StartingPoint?
  /// The file or folder trained on, as an absolute path.
  public var data: String?
  /// The list of images of `data` that were left out, as an absolute path; nil: none was.
  public var skip: String?
  /// How many images that list named when the run began.
  public var skippedImages: Int?
  /// The classes trained on; empty: all of the data's.
  public var classes: [String] = []
  /// What validates; nil: a share of Training.
  public var validation: ValidationSource?
  /// The share of Training that validates where PublicTest does not; nil: a tenth, but at most 1,000 images.
  public var validationShare: Double?
  public var epochs = 15
  /// More than anybody trains, and few enough for their steps to be counted.
  public static let mostEpochs = 1_000_000
  public static let largestBatch = 4096
  public static let mostThreads = 256
  public var batchSize = 64
  public var seed: UInt64 = 1
  /// Threads asked for; nil: all cores. Decides speed only.
  public var threads: Int?
  public var optimizer = OptimizerConfiguration(
    kind: .adamw, weightDecay: OptimizerConfiguration.Kind.adamw.standardWeightDecay)
  /// The highest rate of the run.
  public var learningRate = OptimizerConfiguration.Kind.adamw.standardLearningRate
  public var schedule = LearningRateSchedule(kind: .cosine, warmupEpochs: 1)
  /// When the rate is reduced besides the schedule; needed by `schedule.kind == .plateau`.
  public var plateau: PlateauRule?
  public var labelSmoothing: Float = 0.1
  /// Whom it learns from besides the labels; nil: nobody.
  public var distillation: Distillation?
  public var classWeights = ClassWeights.none
  /// The largest norm of all gradients together; nil: any.
  public var clipNorm: Float?
  /// The decay of the weights' moving average, which then is what is validated and saved; nil: none is kept.
  public var averageDecay: Float? = 0.998
  /// How all convolutions are computed; nil: each as is fastest for its shape.
  public var convolution: ConvolutionAlgorithm?
  public var augmentation = Augmentation.standard
  /// How many epochs at the end mix no images, whatever `augmentation.mixupAlpha` says; nil: none.
  public var mixupOffEpochs: Int?
  /// Smaller sizes the first epochs see the images in; nil: none. Validation always sees the whole image.
  public var resolutions: [TrainingResolution]?
  /// Stop after this many epochs without a better validation score; nil: never.
  public var earlyStopping: Int?
  /// Save a checkpoint when the last one is this old, besides the one at every epoch's end. Decides nothing else.
  public var checkpointSeconds = 60.0
  /// Save a checkpoint after this many steps of an epoch; nil: by time alone.
  public var checkpointSteps: Int?

  /// `FaceDataset.fingerprint` of all that `data` held of `classes` when the run began; nil: not noted.
  public var dataFingerprint: String?

  public init() {}

  /// - Throws: `EmojifyError.usage` that names the field out of range.
  public func validate() throws {
    func check(_ isGood: Bool, _ name: String, _ value: some Any, _ expected: String) throws {
      guard isGood else {
        throw EmojifyError.usage("\(name) is \(value), expected \(expected)")
      }
    }
    try check(1...Self.mostEpochs ~= epochs, "epochs", epochs, "1 to \(Self.mostEpochs)")
    try check(
      1...Self.largestBatch ~= batchSize, "batch size", batchSize, "1 to \(Self.largestBatch)")
    try check(
      1...Self.mostThreads ~= threads ?? 1, "threads", threads ?? 0, "1 to \(Self.mostThreads)")
    try check(learningRate > 0 && learningRate.isFinite, "learning rate", learningRate, "above 0")
    try check(0..<1 ~= labelSmoothing, "label smoothing", labelSmoothing, "0 to below 1")
    if let distillation {
      let share = distillation.share
      try check(share > 0 && share <= 1, "teacher share", share, "above 0 to 1")
      try check(!distillation.teachers.isEmpty, "teachers", "none", "at least 1")
    }
    try check(mixupOffEpochs ?? 0 >= 0, "epochs without mixup", mixupOffEpochs ?? 0, "at least 0")
    try check(
      0..<1 ~= validationShare ?? 0, "validation share", validationShare ?? 0, "0 to below 1")
    try check(clipNorm ?? 1 > 0, "clip norm", clipNorm ?? 0, "above 0")
    try check(0..<1 ~= averageDecay ?? 0, "average's decay", averageDecay ?? 0, "0 to below 1")
    try check(0..<1 ~= optimizer.momentum, "momentum", optimizer.momentum, "0 to below 1")
    try check(0..<1 ~= optimizer.beta1, "beta1", optimizer.beta1, "0 to below 1")
    try check(0..<1 ~= optimizer.beta2, "beta2", optimizer.beta2, "0 to below 1")
    try check(optimizer.epsilon > 0, "epsilon", optimizer.epsilon, "above 0")
    try check(optimizer.weightDecay >= 0, "weight decay", optimizer.weightDecay, "at least 0")
    let most = Double(Self.mostEpochs)
    try check(
      0...most ~= schedule.warmupEpochs, "warm-up", schedule.warmupEpochs,
      "0 to \(Self.mostEpochs) epochs")
    try check(schedule.stepEpochs > 0, "step epochs", schedule.stepEpochs, "above 0")
    try check(0...1 ~= schedule.stepFactor, "step factor", schedule.stepFactor, "0 to 1")
    try check(0...1 ~= schedule.finalFraction, "final fraction", schedule.finalFraction, "0 to 1")
    try check(earlyStopping ?? 1 >= 1, "early stopping", earlyStopping ?? 0, "at least 1 epoch")
    try check(checkpointSteps ?? 1 >= 1, "checkpoint steps", checkpointSteps ?? 0, "at least 1")
    if case .values(let weights) = classWeights {
      try check(
        weights.allSatisfy { $0 >= 0 && $0.isFinite }, "a class weight", weights, "at least 0")
    }
    if let plateau {
      try check(0...1 ~= plateau.factor, "plateau factor", plateau.factor, "0 to 1")
      try check(
        0...1 ~= plateau.minimumFactor, "plateau's least factor", plateau.minimumFactor, "0 to 1")
      try check(0...1 ~= plateau.minimumGain, "plateau's gain", plateau.minimumGain, "0 to 1")
      try check(plateau.patience >= 1, "plateau patience", plateau.patience, "at least 1 epoch")
    }
    for resolution in resolutions ?? [] {
      try check(resolution.side >= 8, "resolution", resolution.side, "at least 8 pixels")
      let epochs = resolution.epochs ?? 1
      try check(epochs >= 1, "epochs of a resolution", epochs, "at least 1")
      if let share = resolution.share {
        try check(share > 0 && share < 1, "share of a resolution", share, "above 0 to below 1")
      }
    }
    let resized = resolutions ?? []
    let shares = resized.reduce(0) { $0 + ($1.share ?? 0) }
    try check(shares < 1, "the resolutions' share of all epochs", shares, "below 1")
    let first = resized.compactMap(\.epochs)
    try check(
      first.allSatisfy { $0 < epochs } && first.reduce(0, +) < epochs,
      "epochs of the resolutions", first, "fewer together than the run's \(epochs)")
    try augmentation.validate()
  }

  /// config.json: keys sorted, in snake case, indented.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  /// Reads a config.json.
  /// - Throws: `EmojifyError`: `.missingInput` where it cannot be read, `.badData` where it is not a configuration.
  public init(reading url: URL) throws {
    let file = try MappedFile(url)
    try self.init(json: Data(file.bytes), name: url.relativePath)
  }

  /// A configuration from the JSON that `json()` gives; `name` is for the error.
  /// - Throws: `EmojifyError.badData` where it is not a configuration, or has a field out of range.
  public init(json data: Data, name: String) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      self = try decoder.decode(Self.self, from: data)
      try validate()
    } catch let error as DecodingError {
      throw EmojifyError.badData("\(name): \(Self.explain(error))")
    } catch EmojifyError.usage(let message) {
      throw EmojifyError.badData("\(name): \(message)")
    }
  }

  private static func explain(_ error: DecodingError) -> String {
    let path = { (path: [any CodingKey]) in path.map(\.stringValue).joined(separator: ".") }
    switch error {
    case .keyNotFound(let key, let context):
      return "'\(path(context.codingPath + [key]))' is missing"
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      return
        "'\(path(context.codingPath))' is something else than the \(type) that is expected there"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "'\(path(context.codingPath))' has an unknown value"
    default:
      return "is not valid JSON"
    }
  }
}
