/// How a network is trained, by name: `--recipe`. A recipe is a whole configuration; what is said besides changes it.
public struct Recipe: Sendable {
  public let name: String
  /// One line for help.
  public let summary: String
  public let configuration: TrainingConfiguration

  /// Every recipe, the default first.
  public static let all: [Recipe] = [
    .fast, .best, .emojify, .faceEmotion, .emojimation, .sequential, .vgg16,
  ]
  public static let standard = Recipe.fast

  /// The recipe of that name, if there is one.
  public static func named(_ name: String) -> Recipe? { all.first { $0.name == name } }

  private init(
    _ name: String, _ summary: String, _ architecture: Architecture,
    _ change: (inout TrainingConfiguration) -> Void
  ) {
    self.name = name
    self.summary = summary
    var configuration = TrainingConfiguration()
    configuration.recipe = name
    configuration.architecture = architecture.name
    change(&configuration)
    self.configuration = configuration
  }

  /// AdamW at 0.002; of 28 epochs 6 on images of 24 pixels, 10 on 32, 12 on all 48.
  public static let fast = Recipe(
    "fast", "A quarter of an hour on two cores: AdamW at 0.002, 28 epochs, small images first.",
    .fast
  ) {
    $0.epochs = 28
    $0.resolutions = [
      TrainingResolution(side: 24, share: 0.2), TrainingResolution(side: 32, share: 0.36),
    ]
  }

  /// As `fast`, longer, turned by up to 15 degrees, with parts of a quarter of the images erased, averaged with 0.999; of 100 epochs 25 on images of 24 pixels, 30 on 32, 45 on
  /// all 48.
  public static let best = Recipe(
    "best", "An evening on two cores: 100 epochs, turned further, in parts erased, --ema 0.999.",
    .best
  ) {
    $0.epochs = 100
    $0.resolutions = [
      TrainingResolution(side: 24, share: 0.25), TrainingResolution(side: 32, share: 0.3),
    ]
    $0.augmentation.rotationDegrees = 15
    $0.augmentation.erasing = 0.25
    $0.averageDecay = 0.999
  }

  /// Adam at 1e-4 for 25 epochs, images as they are.
  public static let emojify = Recipe(
    "emojify",
    "As the Emojify tutorials train theirs: Adam at 1e-4, 25 epochs, images as they are.", .emojify
  ) {
    $0.becomePlain(epochs: 25, learningRate: 1e-4)
  }

  /// Adam at 5e-4 for 15 epochs, mirrored at random; a tenth of the rate after two epochs without gain.
  public static let faceEmotion = Recipe(
    "face-emotion",
    "As a well-known course trains its four convolutions: Adam at 5e-4, 15 epochs, mirrored.",
    .faceEmotion
  ) {
    $0.becomePlain(epochs: 15, learningRate: 5e-4)
    $0.augmentation.horizontalFlip = 0.5
    $0.schedule = LearningRateSchedule(kind: .plateau)
    $0.plateau = PlateauRule(factor: 0.1, patience: 2)
  }

  /// Adam at 1e-3, less on a plateau, and an end where nothing is gained for ten epochs.
  public static let emojimation = Recipe(
    "emojimation",
    "As the VGG-like student projects train theirs: Adam at 1e-3, at most 40 epochs.", .emojimation
  ) {
    $0.becomePlain(epochs: 40, learningRate: 1e-3)
    $0.schedule = LearningRateSchedule(kind: .plateau)
    $0.plateau = PlateauRule(factor: 0.2, patience: 4)
    $0.earlyStopping = 10
  }

  /// Adam at 1e-3 on images that are moved a little, and an end where nothing is gained for eight epochs.
  public static let sequential = Recipe(
    "sequential", "As many notebooks train theirs: Adam at 1e-3 until it gains no more.",
    .sequential
  ) {
    $0.becomePlain(epochs: 60, learningRate: 1e-3)
    $0.augmentation = .light
    $0.earlyStopping = 8
  }

  /// Adam at 1e-4 on images that are moved a little, and an end where nothing is gained for five epochs.
  public static let vgg16 = Recipe(
    "vgg16",
    "As transfer-learning projects train it: Adam at 1e-4; --init-weights brings ImageNet's.",
    .vgg16
  ) {
    $0.becomePlain(epochs: 30, learningRate: 1e-4)
    $0.augmentation = .light
    $0.earlyStopping = 5
  }
}

extension TrainingConfiguration {
  /// What Keras does where nothing is asked for: Adam at a constant rate, nothing averaged, smoothed or varied.
  fileprivate mutating func becomePlain(epochs: Int, learningRate: Float) {
    self.epochs = epochs
    self.learningRate = learningRate
    optimizer = OptimizerConfiguration(kind: .adam)
    schedule = LearningRateSchedule(kind: .constant)
    labelSmoothing = 0
    averageDecay = nil
    augmentation = .none
  }
}
