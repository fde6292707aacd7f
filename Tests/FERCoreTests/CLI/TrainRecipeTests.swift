import FERCore
import Testing

@testable import EmojifyCLI

/// A recipe's command line, read by the parser, is the recipe again.
@Suite struct TrainRecipeTests {
  @Test(arguments: 0..<60)
  func theCommandGivesTheRecipe(seed: UInt64) throws {
    var random = SeededRandom(seed: seed, 77)
    func maybe() -> Bool { random.uniform() < 0.4 }
    var wanted = Recipe.standard.configuration
    wanted.data = "faces of mine.csv"
    wanted.seed = seed
    if maybe() { wanted.architecture = "emojify" }
    if maybe() { wanted.epochs = 7 }
    if maybe() { wanted.classes = ["happy", "sad"] }
    if maybe() { wanted.optimizer.kind = .sgd }
    wanted.learningRate = wanted.optimizer.kind.standardLearningRate
    wanted.optimizer.weightDecay = wanted.optimizer.kind.standardWeightDecay
    if maybe() { wanted.learningRate = 0.0123 }
    if maybe() { wanted.optimizer.weightDecay = 0 }
    if maybe() { wanted.averageDecay = nil }
    if maybe() { wanted.schedule = LearningRateSchedule(kind: .plateau, warmupEpochs: 0.5) }
    if maybe() {
      wanted.schedule = LearningRateSchedule(kind: .oneCycle, warmupEpochs: maybe() ? 2 : 0)
    }
    if wanted.schedule.kind == .plateau || maybe() {
      wanted.plateau = PlateauRule(factor: maybe() ? 0.5 : 0.25, patience: maybe() ? 2 : 9)
    }
    if maybe() { wanted.classWeights = .balanced }
    if maybe() { wanted.clipNorm = 1.5 }
    if maybe() { wanted.earlyStopping = 4 }
    if maybe() { wanted.convolution = .direct }
    if maybe() { wanted.augmentation = maybe() ? .none : .strong }
    if maybe() { wanted.augmentation.zoomLow = 0.7 }
    if maybe() {
      wanted.augmentation.mixupAlpha = 0.2
      if maybe() { wanted.mixupOffEpochs = 3 }
    }
    if maybe() {
      wanted.augmentation.erasing = 0.5
      (wanted.augmentation.erasingAreaLow, wanted.augmentation.erasingAreaHigh) = (0, 1)
    }
    if maybe() {
      wanted.distillation = Distillation(
        teachers: ["/m/a.h5", "/m/b.h5"], share: 0.5, asksOnce: maybe() ? true : nil)
    }
    if wanted.architecture != Recipe.standard.configuration.architecture || maybe() {
      wanted.resolutions = maybe() ? nil : [TrainingResolution(side: 24, epochs: 2)]
    }
    if maybe() {
      wanted.validation = .publicTest
    } else if maybe() {
      wanted.validationShare = 0.2
    }
    if maybe() { wanted.skip = "/lists/skip.txt" }

    let command = Train(reproducing: wanted)
    var parsed = try Train.parse(["faces of mine.csv"] + command.givenWords(besides: Train()))
    parsed.configuration.seed = seed
    #expect(parsed.makeConfiguration(data: "faces of mine.csv") == wanted)
    #expect(command.commandLine.hasPrefix("emojify train 'faces of mine.csv'"))
    #expect(command.commandLine.contains("--seed \(seed)"))
  }

  /// How often images move that do not move: what a run may have in its recipe, and no option can say.
  @Test func whatHasNoEffectIsNotSaid() throws {
    var wanted = Recipe.standard.configuration
    wanted.augmentation = .none
    wanted.augmentation.horizontalFlip = 0.5
    wanted.augmentation.affine = 0.9
    let words = Train(reproducing: wanted).givenWords(besides: Train())
    let parsed = try Train.parse(["faces.csv"] + words).makeConfiguration(data: "faces.csv")
    #expect(parsed.augmentation.horizontalFlip == 0.5 && !parsed.augmentation.moves)
  }

  /// A network that the usual rate and warm-up leave dead has its own, unless somebody or its recipe says otherwise.
  @Test func aNetworkThatBeginsOtherwise() throws {
    func parsed(_ words: String...) throws -> TrainingConfiguration {
      try Train.parse(["faces.csv", "--architecture", "emojimation"] + words)
        .makeConfiguration(data: "faces.csv")
    }
    func begins(_ recipe: TrainingConfiguration) -> [Double] {
      [(Double(recipe.learningRate) * 1e6).rounded() / 1e6, recipe.schedule.warmupEpochs]
    }
    let all: [(TrainingConfiguration, [Double])] = [
      (try parsed(), [0.001, 0]), (try parsed("--learning-rate", "0.002"), [0.002, 0]),
      (try parsed("--warmup-epochs", "1"), [0.001, 1]),
      (try parsed("--optimizer", "sgd"), [0.05, 1]),
      (try parsed("--schedule", "one-cycle"), [0.001, 0]),
      (try parsed("--recipe", "emojify"), [0.0001, 0]),
      (try parsed("--recipe", "emojimation", "--schedule", "cosine"), [0.001, 0]),
      (try parsed("--recipe", "emojimation", "--optimizer", "sgd"), [0.05, 0]),
      (try parsed("--init-weights", "faces.h5"), [0.002, 1]),
      (try parsed("--architecture", "vgg16"), [0.0002, 0]),
    ]
    for (recipe, expected) in all {
      #expect(begins(recipe) == expected)
      // The command that the report prints gives it again.
      let words = Train(reproducing: recipe).commandLine.split(separator: " ").dropFirst(2)
      let again = try Train.parse(words.map(String.init)).makeConfiguration(data: "faces.csv")
      #expect(begins(again) == expected, "\(words)")
    }
  }

  @Test func theDefaultRecipeIsShort() {
    var recipe = Recipe.standard.configuration
    recipe.data = "fer2013.csv"
    #expect(Train(reproducing: recipe).commandLine == "emojify train fer2013.csv --seed 1")
  }
}
