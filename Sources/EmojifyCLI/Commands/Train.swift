import FERCore
import Foundation

/// `emojify train`: trains a network and keeps its best epoch. Its options are in TrainOptions.swift.
struct Train: Command {
  static let name = "train"
  static let summary = "Train a network on FER-2013 and save it."
  static let examples = [
    Example("emojify train fer2013.csv", "The default architecture, saved under runs/."),
    Example(
      "emojify train fer2013.csv --architecture emojify --epochs 12 --seed 1", "Another one."),
    Example(
      "emojify train faces/ --classes angry,happy,neutral,sad,surprise", "Five classes only."),
    Example("emojify train fer2013.csv --skip skip.txt", "Without what 'dataset clean' listed."),
    Example(
      "emojify train faces/ --init-weights emotions.h5 --replace-head --freeze 'conv*'",
      "Somebody's network, taught one's own classes."),
    Example("emojify train --resume runs/first", "Go on where a run was interrupted."),
  ]
  static let discussion = """
    A run is a new folder with best.h5 (the best epoch's network, a Keras file), last.h5, checkpoint.h5 (what --resume \
    goes on from), history.csv, curves.svg (the history as a picture, new after every epoch) and config.json. Ctrl-C finishes the batch, saves and exits with 130; a second one stops \
    at once. The same seed gives the same network, whatever --threads says. \
    The defaults below are those of --recipe fast. The recipes. \(Recipe.all.map { "\($0.name): \($0.summary)" }.joined(separator: " "))
    """
  static var positionals: [Positional<Self>] {
    [
      .optional(
        "DATA", \.data, "A fer2013.csv, a sibling, or a folder of images; with --resume the run's.")
    ]
  }

  var common = CommonOptions()
  var data: String?
  var output: String?
  var resume: String?
  var skip: String?
  var initWeights: String?
  var replacesHead = false
  var frozen: [String] = []
  var modelFacts = ModelOptions()
  var teachers: [String] = []
  var teacherShare = Distillation(teachers: []).share
  var asksTeachersOnce = false
  var configuration = Recipe.standard.configuration
  var architecture = Architecture.standard
  var resolutions: ResolutionList?
  var learningRate: Float?
  var weightDecay: Float?
  var reduceOnPlateau: Int?
  var plateauFactor = PlateauRule().factor
  var classWeights = ClassWeights.none
  var augmentation = AugmentationOptions(Recipe.standard.configuration.augmentation)

  /// What may be said together with --resume: everything else is in the run's config.json.
  private static let allowedWithResume: Set = [
    "--resume", "--threads", "--quiet", "--verbose", "--no-color",
  ]

  mutating func validate() throws {
    guard let resume else {
      guard data != nil else {
        throw EmojifyError.usage(
          "train needs DATA: a fer2013.csv or a folder of images; see 'emojify train --help'")
      }
      if initWeights != nil, common.given.contains("--architecture"),
        let vain = ["--input-range", "--labels"].first(where: common.given.contains)
      {
        throw EmojifyError.usage(
          "\(vain) is of the file's own network; --architecture trains another, with its weights")
      }
      if replacesHead, common.given.contains("--labels") {
        throw EmojifyError.usage(
          "--labels names the outputs of the file's own head; --replace-head puts the data's classes in their place"
        )
      }
      for (options, wanted, isThere) in dependentOptions where !isThere {
        if let lonely = options.first(where: common.given.contains) {
          throw EmojifyError.usage("\(lonely) goes with \(wanted)")
        }
      }
      return
    }
    if let data {
      throw EmojifyError.usage("--resume \(resume) takes its data from the run, not \(data)")
    }
    if let other = common.given.first(where: { !Self.allowedWithResume.contains($0) }) {
      throw EmojifyError.usage("\(other) cannot change: --resume \(resume) takes it from the run")
    }
  }

  func run(_ terminal: Terminal) throws {
    var (wanted, folder) = try prepare()
    let fineTuning = try FineTuning(
      &wanted, resuming: resume.map { URL(fileURLWithPath: $0) }, terminal)
    let side = fineTuning?.side ?? DataSource.usualSide
    var dataset = try DataSource.load(self.data ?? wanted.data ?? "", side: side, terminal)
    let fingerprint = try dataset.selecting(wanted.classes).fingerprint
    if resume == nil {
      wanted.dataFingerprint = fingerprint
    } else if let began = wanted.dataFingerprint, began != fingerprint {
      throw EmojifyError.badData(
        "\(wanted.data ?? ""): holds other images or labels than when \(resume ?? "") began: it cannot go on with them"
      )
    }
    dataset = try skipping(&wanted, in: dataset, terminal).resized(side: side)
    let beginning = try fineTuning?.beginning(for: dataset, wanted, terminal)
    if let beginning { dataset = try dataset.ordered(classes: beginning.classNames) }
    let data = try TrainingData(dataset, wanted)
    let missing = data.classesWithoutImages.map { data.dataset.classNames[$0] }
    if !missing.isEmpty {
      terminal.note("note: no Training image is \(missing.listed): the network cannot learn that")
    }
    let threads = configuration.threads ?? wanted.threads
    let pool = WorkerPool(threads: threads)
    var view = TrainingView(terminal, epochs: wanted.epochs)
    let stop = StopRequest()
    let interrupt = Interrupt {
      stop.request()
      terminal.note("\nfinishing the batch and saving; Ctrl-C again stops at once")
    }
    // The folder is made last, so that a mistake above leaves none behind, and one that follows takes it away again.
    let run = try folder()
    let show = { (event: TrainingEvent) in
      view.show(event)
      if case .epoch = event { view.draw(run) }
    }
    let trainer: Trainer
    do {
      if let fineTuning, let (network, classNames) = beginning {
        trainer = try Trainer(
          network: resume == nil ? fineTuning.keep(network, classNames, in: run) : network,
          configuration: wanted, data: data, folder: run, pool: pool,
          stopRequest: stop, report: show)
      } else {
        trainer = try Trainer(
          configuration: wanted, data: data, folder: run, pool: pool, stopRequest: stop,
          report: show)
      }
    } catch {
      run.discard()
      throw error
    }
    terminal.note(opening(data, wanted, run))
    if resume != nil { try trainer.restore() }
    let ending = try withExtendedLifetime(interrupt) { try trainer.run() }
    try close(ending, trainer, terminal)
  }

  /// The recipe, and how to open or make the run's folder.
  private func prepare() throws -> (TrainingConfiguration, () throws -> RunFolder) {
    if let resume {
      let folder = try RunFolder.open(URL(fileURLWithPath: resume))
      return (try TrainingConfiguration(reading: folder.configuration), { folder })
    }
    let configuration = makeConfiguration(data: URL(fileURLWithPath: data ?? "").path)
    try configuration.validate()
    return (
      configuration,
      {
        guard let output else {
          return try RunFolder.create(
            in: URL(fileURLWithPath: "runs"),
            architecture: configuration.start?.ownNetwork == true ? "tuned" : architecture.name)
        }
        return try RunFolder.create(at: URL(fileURLWithPath: output))
      }
    )
  }

  /// The data without what the recipe's list names.
  private func skipping(
    _ wanted: inout TrainingConfiguration, in dataset: FaceDataset, _ terminal: Terminal
  ) throws -> FaceDataset {
    guard let path = wanted.skip else { return dataset }
    let shown = skip ?? path
    let list = try SkipList(reading: URL(fileURLWithPath: shown))
    let skipped = try DataSource.skipped(
      list, self.data ?? wanted.data ?? "", dataset, in: dataset)
    if let before = wanted.skippedImages, before != skipped.count {
      throw EmojifyError.badData(
        "\(path): names \(skipped.count) images, the run began without \(before): "
          + "it cannot go on with another list")
    }
    wanted.skippedImages = skipped.count
    terminal.note(
      "skipped \(NumberText.count(skipped.count, "image")) of \(NumberText.grouped(dataset.count)): "
        + "\(shown)")
    return dataset.removing(skipped).dataset
  }

  private func opening(
    _ data: TrainingData, _ wanted: TrainingConfiguration, _ run: RunFolder
  ) -> String {
    let validated = data.validationKind == .publicTest ? "PublicTest" : "a share of Training"
    return "\(wanted.architecture): \(NumberText.count(data.training.count, "training image")), "
      + "\(NumberText.count(data.validation.count, "validation image")) (\(validated)), "
      + "\(data.dataset.classCount) classes, seed \(wanted.seed); run: \(run.url.relativePath)"
  }

  /// Says how it went and what to do next.
  private func close(
    _ ending: Trainer.Ending, _ trainer: Trainer, _ terminal: Terminal
  ) throws {
    let path = trainer.folder.url.relativePath
    if ending == .interrupted {
      let state =
        trainer.folder.hasCheckpoint ? "interrupted and saved" : "interrupted before the first step"
      terminal.note("\(state); go on with: emojify train --resume \(path.forShell)")
      throw EarlyEnd.interrupted
    }
    if ending == .stoppedEarly { terminal.note("stopped early: no better epoch came") }
    guard let best = trainer.session.best else { return }
    if terminal.isInteractive, trainer.session.history.count > 1 {
      let run = RunCurves.Run(name: path, epochs: trainer.session.history)
      terminal.note("\n" + RunCurves(runs: [run]).text(width: min(terminal.width, 80)) + "\n")
    }
    let model = trainer.folder.best.relativePath.forShell
    print(
      """
      best epoch \(best.epoch + 1): validation accuracy \
      \(NumberText.percent(best.validationAccuracy, decimals: 2)), loss \
      \(NumberText.fixed(best.validationLoss, 4)); saved as \(trainer.folder.best.relativePath)

      emojify eval --model \(model) --confusion
      emojify predict photo.jpg --model \(model) --emoji
      """)
  }
}

extension String {
  /// The text as one word of a shell command.
  var forShell: String {
    let isPlain = !isEmpty && allSatisfy { $0.isLetter || $0.isNumber || "-_./:+,@%".contains($0) }
    return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}
