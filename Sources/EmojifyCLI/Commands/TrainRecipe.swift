import FERCore

/// From a recipe back to the command that gives it.
extension Train {
  /// The command that trained by `recipe`.
  init(reproducing recipe: TrainingConfiguration) {
    self.init()
    configuration = recipe
    data = recipe.data
    skip = recipe.skip
    if let distillation = recipe.distillation {
      (teachers, teacherShare) = (distillation.teachers, distillation.share)
      asksTeachersOnce = distillation.asksOnce == true
    }
    architecture = Architecture.named(recipe.architecture) ?? .standard
    resolutions = ResolutionList(recipe.resolutions ?? [])
    if let start = recipe.start {
      initWeights = start.weights
      replacesHead = start.replacesHead
      frozen = start.frozen
      modelFacts = ModelOptions(
        inputRange: start.inputRange,
        labels: start.replacesHead ? nil : start.labels.map(LabelOrder.list))
      if !start.ownNetwork { common.given = ["--architecture"] }
    }
    let kind = recipe.optimizer.kind
    if recipe.learningRate != kind.standardLearningRate { learningRate = recipe.learningRate }
    if recipe.optimizer.weightDecay != kind.standardWeightDecay {
      weightDecay = recipe.optimizer.weightDecay
    }
    if recipe.averageDecay == nil { configuration.averageDecay = 0 }
    if let plateau = recipe.plateau {
      plateauFactor = plateau.factor
      if recipe.schedule.kind != .plateau || plateau.patience != PlateauRule().patience {
        reduceOnPlateau = plateau.patience
      }
    }
    classWeights = recipe.classWeights == .balanced ? .balanced : .none
    augmentation = AugmentationOptions(recipe.augmentation)
  }

  /// The command line: only what differs from the defaults, and the seed, which nobody should have to guess.
  var commandLine: String {
    var base = whatIsLeft(of: Self(reproducing: Recipe.standard.configuration))
    var named: [String] = []
    if let recipe = Recipe.named(configuration.recipe ?? ""), recipe.name != Recipe.standard.name {
      let other = whatIsLeft(of: Self(reproducing: recipe.configuration))
      // An option can be changed but not taken back: then everything is said without the recipe.
      if Self.options.allSatisfy({ $0.words(other) == nil || $0.words(self) != nil }) {
        (base, named) = (other, ["--recipe", recipe.name])
      }
    }
    // The recipe's do not go with another network.
    if architecture.name != base.architecture.name || initWeights != nil {
      base.resolutions = ResolutionList([])
    }
    // Of a network that begins otherwise a rate that is not said is its own, not the optimizer's.
    var said = self
    if let beginning = beginning(after: base.architecture.name) {
      base.configuration.schedule.warmupEpochs = beginning.warmupEpochs
      said.learningRate = configuration.learningRate
    }
    let seed =
      configuration.seed == base.configuration.seed ? ["--seed", "\(configuration.seed)"] : []
    // With --init-weights it decides whose network it is, so it is said even where it is the default, or not at all.
    if initWeights != nil {
      if common.given.contains("--architecture") { named += ["--architecture", architecture.name] }
      base.architecture = architecture
    }
    let words =
      ["emojify", Self.name, data ?? "DATA"] + named + said.givenWords(besides: base) + seed
    return words.map(\.forShell).joined(separator: " ")
  }

  /// `recipe` after this command's --augment and --schedule, which clear what it says beside them.
  private func whatIsLeft(of recipe: Self) -> Self {
    var left = recipe
    if augmentation.preset != recipe.augmentation.preset {
      left.augmentation = AugmentationOptions(preset: recipe.augmentation.preset)
    }
    if configuration.schedule.kind != recipe.configuration.schedule.kind {
      left.forgetSchedule(for: configuration.schedule.kind)
    }
    return left
  }
}

extension AugmentationOptions {
  /// The options that give `wanted`: the nearest preset, and what differs from it.
  init(_ wanted: Augmentation) {
    self.init()
    let all = Augmentation.Preset.allCases.map { preset in
      var options = AugmentationOptions(preset: preset)
      options.change(to: wanted)
      return options
    }
    self = all.min { $0.changes < $1.changes } ?? self
  }

  private mutating func change(to wanted: Augmentation) {
    let base = augmentation
    func differing<Value: Equatable>(_ path: KeyPath<Augmentation, Value>) -> Value? {
      wanted[keyPath: path] == base[keyPath: path] ? nil : wanted[keyPath: path]
    }
    flip = differing(\.horizontalFlip)
    // Of no movement it is no probability.
    affine = wanted.moves ? differing(\.affine) : nil
    rotation = differing(\.rotationDegrees)
    if wanted.zoomLow != base.zoomLow || wanted.zoomHigh != base.zoomHigh {
      zoom = [wanted.zoomLow, wanted.zoomHigh]
    }
    shift = differing(\.shiftPixels)
    crop = differing(\.cropPixels)
    brightness = differing(\.brightness)
    contrast = differing(\.contrast)
    erasing = differing(\.erasing)
    if wanted.erasingAreaLow != base.erasingAreaLow
      || wanted.erasingAreaHigh != base.erasingAreaHigh
    {
      erasingArea = [wanted.erasingAreaLow, wanted.erasingAreaHigh]
    }
    mixup = differing(\.mixupAlpha)
  }

  /// How many options besides the preset are given.
  private var changes: Int {
    let given = [
      flip != nil, affine != nil, rotation != nil, !zoom.isEmpty, shift != nil, crop != nil,
      brightness != nil, contrast != nil, erasing != nil, !erasingArea.isEmpty, mixup != nil,
    ]
    return given.count { $0 }
  }
}
