import FERCore

/// How the parameters learn: optimizer, schedule, loss, and when to stop.
struct LearningOptions {
  enum ClassWeights: String, ArgumentChoice { case none, balanced }

  var optimizer = OptimizerConfiguration.Kind.adam
  /// Nil: what suits the optimizer.
  var learningRate: Float?
  var momentum: Float = 0.9
  var weightDecay: Float = 0
  var schedule = LearningRateSchedule.Kind.cosine
  var warmupEpochs = 0.0
  var stepEpochs = 10.0
  var stepFactor: Float = 0.1
  var plateauPatience = 3
  var plateauFactor: Float = 0.5
  var labelSmoothing: Float = 0
  var classWeights = ClassWeights.none
  var clipNorm: Float?
  var averageDecay: Float?
  var earlyStopping: Int?

  /// The options, for a command that keeps their values at `path`.
  static func options<Root>(_ path: WritableKeyPath<Root, Self>) -> [Option<Root>] {
    [
      .value("--optimizer", "<name>", path.appending(path: \.optimizer), "The update rule."),
      .value(
        "--learning-rate", "<rate>", path.appending(path: \.learningRate), in: .above(0),
        default: "0.001, with sgd 0.05", "The highest rate of the run."),
      .value(
        "--momentum", "<share>", path.appending(path: \.momentum), in: .from(0, below: 1),
        "With sgd: the share of the velocity that is kept (Nesterov)."),
      .value(
        "--weight-decay", "<factor>", path.appending(path: \.weightDecay), in: .atLeast(0),
        "Of kernels only; decoupled with adamw, else L2."),
      .value(
        "--schedule", "<name>", path.appending(path: \.schedule),
        "How the rate changes through the run."),
      .value(
        "--warmup-epochs", "<count>", path.appending(path: \.warmupEpochs), in: .atLeast(0),
        "Epochs in which the rate rises to the highest; may be a fraction."),
      .value(
        "--step-epochs", "<count>", path.appending(path: \.stepEpochs), in: .above(0),
        "With --schedule step: epochs between reductions."),
      .value(
        "--step-factor", "<factor>", path.appending(path: \.stepFactor), in: .between(0, 1),
        "With --schedule step: what the rate is multiplied by."),
      .value(
        "--plateau-patience", "<epochs>", path.appending(path: \.plateauPatience), in: .atLeast(1),
        "With --schedule plateau: epochs without a better score before a reduction."),
      .value(
        "--plateau-factor", "<factor>", path.appending(path: \.plateauFactor), in: .between(0, 1),
        "With --schedule plateau: what the rate is multiplied by."),
      .value(
        "--label-smoothing", "<share>", path.appending(path: \.labelSmoothing),
        in: .from(0, below: 1), "The share of each target that is spread over all classes."),
      .value(
        "--class-weights", "<kind>", path.appending(path: \.classWeights),
        "Whether rare classes count more."),
      .value(
        "--clip-norm", "<norm>", path.appending(path: \.clipNorm), in: .above(0), default: "off",
        "Scale gradients down to this norm."),
      .value(
        "--ema", "<decay>", path.appending(path: \.averageDecay), in: .from(0, below: 1),
        default: "off", "Validate and keep a moving average of the weights: 0.999."),
      .value(
        "--early-stopping", "<epochs>", path.appending(path: \.earlyStopping), in: .atLeast(1),
        default: "off", "Stop after this many epochs without a better validation score."),
    ]
  }
}

extension OptimizerConfiguration.Kind: ArgumentChoice {}
extension LearningRateSchedule.Kind: ArgumentChoice {}
