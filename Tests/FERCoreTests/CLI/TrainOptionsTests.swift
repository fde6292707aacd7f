import Testing

@testable import EmojifyCLI
@testable import FERCore

@Suite struct TrainOptionsTests {
  private func recipe(_ words: String...) throws -> TrainingConfiguration {
    try Train.parse(["x.csv"] + words, among: AllCommands.list).makeConfiguration(data: "/x.csv")
  }

  @Test func withoutOptionsTheRecipeIsTheStandardOne() throws {
    var expected = Recipe.standard.configuration
    expected.data = "/x.csv"
    #expect(try recipe() == expected)
  }

  @Test func optionsReachTheRecipe() throws {
    let result = try recipe(
      "--architecture", "emojify", "--epochs", "3", "--optimizer", "sgd", "--momentum", "0.8",
      "--schedule", "step", "--step-epochs", "2", "--classes", "happy,sad", "--ema", "0.99",
      "--clip-norm", "5", "--class-weights", "balanced", "--early-stopping", "4", "--seed", "9")
    #expect(result.architecture == "emojify" && result.epochs == 3 && result.seed == 9)
    #expect(result.optimizer.kind == .sgd && result.optimizer.momentum == 0.8)
    #expect(result.learningRate == 0.05)
    #expect(result.schedule.kind == .step && result.schedule.stepEpochs == 2)
    #expect(result.classes == ["happy", "sad"] && result.averageDecay == 0.99)
    #expect(result.clipNorm == 5 && result.classWeights == .balanced && result.earlyStopping == 4)
    #expect(result.plateau == nil)
  }

  @Test func modelsThatComeAlongGoByName() throws {
    let result = try recipe("--init-weights", "best", "--teacher", "fast")
    #expect(result.start?.weights.hasSuffix("models/best.h5") == true)
    #expect(result.distillation?.teachers.first?.hasSuffix("models/fast.h5") == true)
  }

  @Test func aPlateauRuleComesWithEitherSpelling() throws {
    #expect(try recipe("--schedule", "plateau").plateau == PlateauRule())
    let rule = try recipe("--reduce-on-plateau", "5", "--plateau-factor", "0.3").plateau
    #expect(rule == PlateauRule(factor: 0.3, patience: 5))
  }

  /// What a kind says of its beginning holds, unless another is asked for, in whatever order.
  @Test func aScheduleBeginsAsItsKindDoes() throws {
    #expect(try recipe("--schedule", "cosine").schedule.warmupEpochs == 1)
    for kind in ["one-cycle", "constant"] {
      #expect(try recipe("--schedule", kind).schedule.warmupEpochs == 0)
      let warm = try recipe("--warmup-epochs", "2", "--schedule", kind)
      #expect(warm.schedule.warmupEpochs == 2)
    }
  }

  @Test func aRecipeCountsAsAskedFor() throws {
    #expect(try recipe("--recipe", "emojimation", "--plateau-factor", "0.5").plateau?.factor == 0.5)
    let erased = try recipe("--recipe", "best", "--erasing-area", "0.1,0.2")
    #expect(erased.augmentation.erasingAreaLow == 0.1)
  }

  @Test func whatMovesImagesMayBeRare() throws {
    let result = try recipe("--augment", "none", "--affine", "0.5", "--shift", "2").augmentation
    #expect(result.affine == 0.5 && result.shiftPixels == 2)
  }

  @Test func singleRangesReplaceThePresets() throws {
    var expected = Augmentation.light
    expected.rotationDegrees = 20
    (expected.zoomLow, expected.zoomHigh) = (0.8, 1.25)
    expected.mixupAlpha = 0.2
    let result = try recipe(
      "--augment", "light", "--rotation", "20", "--zoom", "0.8,1.25", "--mixup", "0.2")
    #expect(result.augmentation == expected)
    #expect(try recipe("--augment", "none").augmentation == Augmentation.none)
  }

  @Test(arguments: [
    (
      ["x.csv", "--zoom", "1.2,0.8"],
      "--zoom 1.2,0.8 is out of range: expected two numbers from 0.1 to 10.0, the lower first"
    ),
    (
      ["x.csv", "--optimizer", "lion"],
      "--optimizer 'lion' is not valid: expected one of sgd, adam, adamw"
    ),
    (
      ["x.csv", "--architecture", "vgg"],
      "--architecture 'vgg' is not valid: expected one of "
        + Architecture.all.map(\.name).joined(separator: ", ")
    ),
    (["x.csv", "--crop", "1"], "--crop 1 is out of range: expected 0, or at least 2"),
    (["x.csv", "--momentum", "0.5"], "--momentum goes with --optimizer sgd"),
    (["x.csv", "--step-factor", "0.5"], "--step-factor goes with --schedule step"),
    (
      ["x.csv", "--plateau-factor", "0.5"],
      "--plateau-factor goes with --reduce-on-plateau or --schedule plateau"
    ),
    (
      ["x.csv", "--validation", "public", "--validation-share", "0.1"],
      "--validation-share goes with --validation training"
    ),
    (["x.csv", "--affine", "0", "--shift", "2"], "--shift goes with --affine above 0"),
    (
      ["x.csv", "--augment", "none", "--affine", "0.5"],
      "--affine goes with --rotation, --zoom or --shift"
    ),
    (
      ["x.csv", "--init-weights", "e.h5", "--replace-head", "--labels", "fer"],
      "--labels names the outputs of the file's own head; --replace-head puts the data's classes in their place"
    ),
    (["x.csv", "--erasing-area", "0,0.5"], "--erasing-area goes with --erasing above 0"),
    (["x.csv", "--mixup-off-epochs", "4"], "--mixup-off-epochs goes with --mixup above 0"),
    (["--resume", "r", "--seed", "2"], "--seed cannot change: --resume r takes it from the run"),
    (["x.csv", "--resume", "r"], "--resume r takes its data from the run, not x.csv"),
    ([], "train needs DATA: a fer2013.csv or a folder of images; see 'emojify train --help'"),
    (["x.csv", "--tta"], "--tta is not an option of 'train' but of 'emojify eval'"),
  ])
  func usageErrors(words: [String], message: String) {
    #expect(throws: EmojifyError.usage(message)) {
      try Train.parse(words, among: AllCommands.list)
    }
  }
}
