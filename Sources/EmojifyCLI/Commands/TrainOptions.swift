import FERCore
import Foundation

/// What `train` can be told. Values go straight into the `TrainingConfiguration`, whose defaults are the options'.
extension Train {
  static var options: [Option<Self>] {
    Option.section("Run", runOptions)
      + Option.section("Learning", learningOptions)
      + Option.section(
        "Fine-tuning", fineTuningOptions + ModelOptions.options(\.modelFacts, color: false))
      + Option.section(
        "Augmentation", AugmentationOptions.options(\.augmentation) + [mixupOffOption])
  }

  private static var runOptions: [Option<Self>] {
    [
      recipeOption,
      .value("--architecture", "<name>", \.architecture, "The network to train."),
      .value(
        "--output", "<folder>", \.output, short: "-o",
        default: "runs/DATE-ARCHITECTURE, runs/DATE-tuned with --init-weights alone",
        "The run's folder, which must be new."),
      .value("--resume", "<run>", \.resume, "Go on with an interrupted run, to the same bits."),
      .value(
        "--epochs", "<count>", \.configuration.epochs,
        in: .between(1, TrainingConfiguration.mostEpochs),
        "Passes over the training images."),
      .value(
        "--batch-size", "<count>", \.configuration.batchSize,
        in: .between(1, TrainingConfiguration.largestBatch),
        "Images in a step."),
      .value(
        "--classes", "<names>", \.configuration.classes, default: "all", "Train on these only."),
      .value(
        "--resolutions", "<list>", \.resolutions, default: "as the recipe, for its own network",
        "See smaller images first: 32x18,40x20% is 18 epochs at 32 pixels, then a fifth of all at 40; or none."
      ),
      .value(
        "--skip", "<file>", \.skip, default: "none",
        "Leave out the images this list names, as 'emojify dataset clean' writes it."),
      .value(
        "--validation", "<split>", \.configuration.validation,
        default: "training",
        "Judge epochs by a share of Training that is left out for it, or by PublicTest."),
      .value(
        "--validation-share", "<share>", \.configuration.validationShare, in: .between(0.01, 0.5),
        default: "0.1, at most 1,000 images",
        "Training images to validate on, unless PublicTest does."),
      .value(
        "--seed", "<number>", \.configuration.seed, "Draws parameters, order and variations."),
      .value(
        "--threads", "<count>", \.configuration.threads, in: .threads, default: "all",
        "CPU threads."),
      .value(
        "--convolution", "<name>", \.configuration.convolution, default: "by shape",
        "How convolutions are computed: exact to the last bits, or with fewer multiplications."),
    ]
  }

  /// Sets everything the recipe says; `configuration`'s data, seed and threads are no recipe's.
  private static var recipeOption: Option<Self> {
    var option = Option<Self>(
      names: ["--recipe"], placeholder: "<name>",
      help: "A way to train that is known by name; other options change it.",
      defaultText: { _ in Recipe.standard.name }, choices: Recipe.all.map(\.name)
    ) { command, word in
      guard let recipe = Recipe.named(word ?? "") else {
        throw EmojifyError.usage(
          "--recipe '\(word ?? "")' is not valid: expected one of "
            + Recipe.all.map(\.name).joined(separator: ", "))
      }
      let common = command.common
      command = Self(reproducing: recipe.configuration)
      command.resolutions = nil
      command.common = common
    }
    option.rank = 0
    return option
  }

  private static var fineTuningOptions: [Option<Self>] {
    [
      .value(
        "--init-weights", "<file>", \.initWeights, default: "none, weights are drawn",
        "Begin with this model; with --architecture, with its weights where name and shapes agree."),
      .flag(
        "--replace-head", \.replacesHead, "A fresh last layer, for the data's own classes."),
      .value(
        "--freeze", "<names>", \.frozen, default: "none",
        "Layers that shall not learn; * stands for any letters: 'block1_*,block2_*'."),
    ]
  }

  private static var learningOptions: [Option<Self>] {
    [
      .value("--optimizer", "<name>", \.configuration.optimizer.kind, "The update rule."),
      .value(
        "--learning-rate", "<rate>", \.learningRate, in: .above(0),
        default: Kinds.text(\.standardLearningRate) + text { Double($0.learningRate) },
        "The highest rate of the run."),
      .value(
        "--momentum", "<share>", \.configuration.optimizer.momentum, in: .from(0, below: 1),
        "With sgd: the share of the velocity that is kept (Nesterov)."),
      .value(
        "--weight-decay", "<factor>", \.weightDecay, in: .atLeast(0),
        default: Kinds.text(\.standardWeightDecay),
        "Of kernels only; decoupled with adamw, else L2."),
      scheduleOption,
      .value(
        "--warmup-epochs", "<count>", \.configuration.schedule.warmupEpochs,
        in: .between(0, Double(TrainingConfiguration.mostEpochs)),
        default: "1, with --schedule one-cycle or constant 0" + text(\.warmupEpochs),
        "Epochs in which the rate rises to the highest; may be a fraction."),
      .value(
        "--step-epochs", "<count>", \.configuration.schedule.stepEpochs, in: .above(0),
        "With --schedule step: epochs between reductions."),
      .value(
        "--step-factor", "<factor>", \.configuration.schedule.stepFactor, in: .between(0, 1),
        "With --schedule step: what the rate is multiplied by."),
      .value(
        "--reduce-on-plateau", "<epochs>", \.reduceOnPlateau, in: .atLeast(1),
        default: "off, with --schedule plateau \(PlateauRule().patience)",
        "Reduce the rate after this many epochs without a better validation score."),
      .value(
        "--plateau-factor", "<factor>", \.plateauFactor, in: .between(0, 1),
        "What a plateau multiplies the rate by."),
      .value(
        "--label-smoothing", "<share>", \.configuration.labelSmoothing, in: .from(0, below: 1),
        "The share of each target that is spread over all classes."),
      .value(
        "--teacher", "<models>", \.allTeachers, default: "none",
        "Learn from the mean answer of these models too (knowledge distillation)."),
      .value(
        "--teacher-share", "<share>", \.teacherShare, in: .between(0.01, 1),
        "The share of each target that is the teachers'."),
      .flag(
        "--teacher-once", \.asksTeachersOnce,
        "Ask them before the first epoch, about each image as it is and mirrored; else at every step."
      ),
      .value("--class-weights", "<kind>", \.classWeights, "Whether rare classes count more."),
      .value(
        "--clip-norm", "<norm>", \.configuration.clipNorm, in: .above(0), default: "off",
        "Scale gradients down to this norm."),
      .value(
        "--ema", "<decay>", \.configuration.averageDecay, in: .from(0, below: 1),
        "Validate and keep a moving average of the weights; 0 keeps none."),
      .value(
        "--early-stopping", "<epochs>", \.configuration.earlyStopping, in: .atLeast(1),
        default: "off", "Stop after this many epochs without a better validation score."),
    ]
  }

  private static var scheduleOption: Option<Self> {
    var option = Option<Self>.value(
      "--schedule", "<name>", \.scheduleKind, "How the rate changes through the run.")
    option.rank = 1
    return option
  }

  /// A schedule of another kind takes away what the recipe says of its own: its rule for plateaus, and its warm-up where
  /// the kind begins in a way of its own.
  private var scheduleKind: LearningRateSchedule.Kind {
    get { configuration.schedule.kind }
    set {
      if newValue != configuration.schedule.kind { forgetSchedule(for: newValue) }
      configuration.schedule.kind = newValue
    }
  }

  mutating func forgetSchedule(for kind: LearningRateSchedule.Kind) {
    (reduceOnPlateau, plateauFactor) = (nil, PlateauRule().factor)
    if kind == .constant || kind == .oneCycle { configuration.schedule.warmupEpochs = 0 }
  }

  /// Given again, the option names more of them.
  private var allTeachers: [String] {
    get { teachers }
    set { teachers += newValue }
  }

  private static var mixupOffOption: Option<Self> {
    .value(
      "--mixup-off-epochs", "<count>", \.configuration.mixupOffEpochs, in: .atLeast(0),
      default: "0", "Epochs at the end that mix no images.")
  }

  /// What would change nothing without something else, what that is, and whether it was asked for.
  var dependentOptions: [(options: [String], wanted: String, isThere: Bool)] {
    let varied = augmentation.augmentation
    let schedule = configuration.schedule.kind
    return [
      (
        ["--replace-head", "--freeze", "--input-range", "--labels"], "--init-weights",
        initWeights != nil
      ),
      (["--teacher-share", "--teacher-once"], "--teacher", !teachers.isEmpty),
      (["--momentum"], "--optimizer sgd", configuration.optimizer.kind == .sgd),
      (["--step-epochs", "--step-factor"], "--schedule step", schedule == .step),
      (
        ["--plateau-factor"], "--reduce-on-plateau or --schedule plateau",
        schedule == .plateau || reduceOnPlateau != nil
      ),
      (["--validation-share"], "--validation training", configuration.validation != .publicTest),
      (["--rotation", "--zoom", "--shift"], "--affine above 0", varied.affine > 0),
      (["--affine"], "--rotation, --zoom or --shift", varied.moves),
      (["--erasing-area"], "--erasing above 0", varied.erasing > 0),
      (["--mixup-off-epochs"], "--mixup above 0", varied.mixupAlpha > 0),
    ]
  }

  private typealias Kinds = OptimizerConfiguration.Kind

  enum ClassWeights: String, ArgumentChoice { case none, balanced }

  /// A recipe's resolutions go with its network: another one may not take images of another size.
  private var wantedResolutions: [TrainingResolution]? {
    guard let resolutions else {
      let isItsNetwork = initWeights == nil && architecture.name == configuration.architecture
      return isItsNetwork ? configuration.resolutions : nil
    }
    return resolutions.list.isEmpty ? nil : resolutions.list
  }

  /// What the network needs where the recipe is of the architecture `recipes`, another one.
  func beginning(after recipes: String) -> Architecture.Beginning? {
    let isFresh = initWeights == nil && architecture.name != recipes
    return isFresh && configuration.optimizer.kind != .sgd ? architecture.beginning : nil
  }

  /// The networks that begin otherwise, as help shows it.
  private static func text(_ number: (Architecture.Beginning) -> Double) -> String {
    Architecture.all.compactMap { architecture in
      architecture.beginning.map {
        "; for \(architecture.name) \(String(format: "%g", number($0))), except with sgd"
      }
    }.joined()
  }

  /// What was asked for, as the trainer takes it. `data` is kept as an absolute path.
  func makeConfiguration(data: String) -> TrainingConfiguration {
    var result = configuration
    result.resolutions = wantedResolutions
    result.architecture = architecture.name
    if let initWeights {
      var start = StartingPoint(weights: ModelChoice.file(initWeights).path)
      start.ownNetwork = !common.given.contains("--architecture")
      start.replacesHead = replacesHead
      start.frozen = frozen
      start.inputRange = modelFacts.inputRange
      start.labels = modelFacts.labels?.names
      result.start = start
    }
    result.data = data
    result.skip = skip.map { URL(fileURLWithPath: $0).path }
    if !teachers.isEmpty {
      result.distillation = Distillation(
        teachers: teachers.map { ModelChoice.file($0).path }, share: teacherShare,
        asksOnce: asksTeachersOnce ? true : nil)
    }
    let beginning = beginning(after: configuration.architecture)
    result.learningRate =
      learningRate ?? beginning?.learningRate ?? result.optimizer.kind.standardLearningRate
    if let beginning, !common.given.contains("--warmup-epochs") {
      result.schedule.warmupEpochs = beginning.warmupEpochs
    }
    result.optimizer.weightDecay = weightDecay ?? result.optimizer.kind.standardWeightDecay
    if result.averageDecay == 0 { result.averageDecay = nil }
    let waits = result.schedule.kind == .plateau || reduceOnPlateau != nil
    result.plateau =
      waits
      ? PlateauRule(factor: plateauFactor, patience: reduceOnPlateau ?? PlateauRule().patience)
      : nil
    result.classWeights = classWeights == .balanced ? .balanced : .none
    result.augmentation = augmentation.augmentation
    return result
  }
}

extension OptimizerConfiguration.Kind: ArgumentChoice {
  /// A number that depends on the optimizer, as help shows it: `sgd 0.05, adam 0.001`.
  fileprivate static func text(_ number: (Self) -> Float) -> String {
    allCases.map { "\($0.rawValue) \(String(format: "%g", number($0)))" }.joined(separator: ", ")
  }
}
extension LearningRateSchedule.Kind: ArgumentChoice {}
extension ConvolutionAlgorithm: ArgumentChoice {}
extension TrainingConfiguration.ValidationSource: ArgumentChoice {}

/// `32x18,40x20%`, or `none`.
struct ResolutionList: ArgumentValue {
  let list: [TrainingResolution]

  init(_ list: [TrainingResolution]) { self.list = list }

  init?(argument: String) {
    if argument == "none" {
      list = []
    } else if let list = [TrainingResolution](argument: argument) {
      self.list = list
    } else {
      return nil
    }
  }
  static var expectation: String { [TrainingResolution].expectation + ", or none" }
  var argument: String? { list.argument ?? "none" }
}

extension TrainingResolution: ArgumentValue {
  init?(argument: String) {
    let words = argument.split(separator: "x", omittingEmptySubsequences: false)
    guard words.count == 2, let side = Int(words[0]) else { return nil }
    if words[1].hasSuffix("%"), let share = Double(words[1].dropLast()) {
      self.init(side: side, share: share / 100)
    } else if let epochs = Int(words[1]) {
      self.init(side: side, epochs: epochs)
    } else {
      return nil
    }
  }
  static var expectation: String {
    "pixels and epochs as in 32x18, or a share of them as in 32x60%"
  }
  var argument: String? {
    let length = epochs.map(String.init) ?? String(format: "%g%%", (share ?? 0) * 100)
    return "\(side)x\(length)"
  }
}

extension Architecture: ArgumentValue {
  init?(argument: String) {
    guard let architecture = Architecture.named(argument) else { return nil }
    self = architecture
  }
  static var expectation: String { "one of \(choices.joined(separator: ", "))" }
  var argument: String? { name }
  static var choices: [String] { all.map(\.name) }
}
