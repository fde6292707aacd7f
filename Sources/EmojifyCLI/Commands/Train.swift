import FERCore
import Foundation

/// `emojify train`: trains a network and keeps its best epoch.
struct Train: Command {
  static let name = "train"
  static let summary = "Train a network on FER-2013 and save it."
  static let examples = [
    Example("emojify train fer2013.csv", "The default architecture, saved under runs/."),
    Example(
      "emojify train fer2013.csv --architecture emojify --epochs 12 --seed 1", "Another one."),
    Example(
      "emojify train faces/ --classes angry,happy,neutral,sad,surprise", "Five classes only."),
    Example("emojify train --resume runs/first", "Go on where a run was interrupted."),
  ]
  static let discussion = """
    A run is a new folder with best.h5 (the best epoch's network, a Keras file), last.h5 (what --resume goes on from), \
    history.csv and config.json. Ctrl-C finishes the batch, saves and exits with 130; a second one stops at once. The \
    same seed gives the same network, whatever --threads says.
    """
  static var positionals: [Positional<Self>] {
    [
      .optional(
        "DATA", \.data, "A fer2013.csv, a sibling, or a folder of images; with --resume the run's.")
    ]
  }
  static var options: [Option<Self>] {
    Option.section("Run", runOptions)
      + Option.section("Learning", LearningOptions.options(\.learning))
      + Option.section("Augmentation", AugmentationOptions.options(\.augmentation))
  }

  private static var runOptions: [Option<Self>] {
    [
      .value("--architecture", "<name>", \.architecture, "The network to train."),
      .value(
        "--output", "<folder>", \.output, short: "-o", default: "runs/DATE-ARCHITECTURE",
        "The run's folder, which must be new."),
      .value(
        "--resume", "<run>", \.resume, "Go on with an interrupted run, to the same bits."),
      .value("--epochs", "<count>", \.epochs, in: .atLeast(1), "Passes over the training images."),
      .value("--batch-size", "<count>", \.batchSize, in: .atLeast(1), "Images in a step."),
      .value("--classes", "<names>", \.classes, default: "all", "Train on these only."),
      .value(
        "--validation-share", "<share>", \.validationShare, in: .between(0.01, 0.5),
        "Training images to validate on, where the data has no PublicTest split."),
      .value("--seed", "<number>", \.seed, "Draws parameters, order and variations."),
      .value("--threads", "<count>", \.threads, in: .atLeast(1), default: "all", "CPU threads."),
    ]
  }

  var common = CommonOptions()
  var data: String?
  var architecture = Architecture.standard
  var output: String?
  var resume: String?
  var epochs = 15
  var batchSize = 64
  var classes: [String] = []
  var validationShare = 0.1
  var seed: UInt64 = 1
  var threads: Int?
  var learning = LearningOptions()
  var augmentation = AugmentationOptions()

  /// What may be said together with --resume: everything else is in the run's config.json.
  private static let allowedWithResume: Set = ["--resume", "--threads", "--quiet", "--no-color"]

  mutating func validate() throws {
    guard let resume else {
      guard data != nil else {
        throw EmojifyError.usage(
          "train needs DATA: a fer2013.csv or a folder of images; see 'emojify train --help'")
      }
      return
    }
    if let other = common.given.first(where: { !Self.allowedWithResume.contains($0) }) {
      throw EmojifyError.usage(
        "\(other) is fixed by the run: --resume \(resume) takes it from there")
    }
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
