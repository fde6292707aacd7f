import Foundation

/// Something that happens at the end of every epoch, in the order the trainer was given.
///
/// While it is called the network holds the values that were validated (their average where one is kept). What it
/// decides must follow from the session and its own `state` alone: a resumed run repeats it.
public protocol TrainingCallback: AnyObject {
  /// Names `state` in the checkpoint; unique in a run.
  var name: String { get }
  /// What it remembers from epoch to epoch.
  var state: [Double] { get set }
  func epochEnded(_ record: EpochRecord, of session: TrainingSession) throws
}

extension TrainingCallback {
  public var state: [Double] {
    get { [] }
    set {}
  }
}

/// A run as its callbacks see it.
public final class TrainingSession {
  public let configuration: TrainingConfiguration
  public let folder: RunFolder
  public let network: Network
  public let classNames: [String]
  public let validationKind: TrainingData.Validation
  /// One record an epoch, the one just ended included.
  public internal(set) var history: [EpochRecord] = []
  /// What the schedule's rate is multiplied by.
  public var rateFactor: Float = 1
  /// Set to end the run after this epoch.
  public var shouldStop = false

  /// The best epoch so far; nil in the first.
  public var best: EpochRecord? { history.best }

  init(
    configuration: TrainingConfiguration, folder: RunFolder, network: Network, data: TrainingData
  ) {
    self.configuration = configuration
    self.folder = folder
    self.network = network
    classNames = data.dataset.classNames
    validationKind = data.validationKind
  }

  /// What a model file of this run says about itself.
  func metadata(_ record: EpochRecord) throws -> ModelMetadata {
    // A model travels: it names the data it was trained on, not where that lay. How many threads trained it does not
    // change a bit of it.
    var recipe = configuration
    recipe.threads = nil
    let name = { (path: String) in URL(fileURLWithPath: path).lastPathComponent }
    recipe.data = configuration.data.map(name)
    recipe.skip = configuration.skip.map(name)
    recipe.start?.weights = configuration.start.map { name($0.weights) } ?? ""
    recipe.distillation?.teachers = configuration.distillation?.teachers.map(name) ?? []
    var metadata = ModelMetadata(
      labels: classNames, architecture: configuration.architecture, seed: configuration.seed,
      split: FaceDataset.Split.training.name,
      recipe: try JSONValue(
        parsing: String(decoding: recipe.json(), as: UTF8.self)),
      scores: .object([
        validationKind.rawValue: .object([
          "accuracy": .number(record.validationAccuracy), "loss": .number(record.validationLoss),
          "epoch": .number(Double(record.epoch)),
        ])
      ]), version: ModelMetadata.ownVersion)
    metadata.training = configuration.optimizer.inKeras(learningRate: configuration.learningRate)
    return metadata
  }
}
