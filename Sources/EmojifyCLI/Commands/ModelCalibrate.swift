import FERCore
import Foundation

/// `emojify model calibrate`: finds out how a model takes pixels and what its outputs mean.
struct ModelCalibrate: Command {
  static let name = "model calibrate"
  static let summary = "Find out by labelled images how a model takes pixels and names classes."
  static let examples = [
    Example(
      "emojify model calibrate emotions.h5 --data fer2013.csv", "What fits best, how surely."),
    Example(
      "emojify model calibrate emotions.h5 --data faces/ --write", "And keep it for all commands."),
  ]
  static let discussion = """
    Some images of every class are shown to the model under each way to scale pixels; each time its outputs are \
    named in FER-2013's order, in alphabetical order, and in the order that agrees best with the images' labels (found on \
    one half of them and scored on the other, and the other way round). What is best is told with the 95% interval of its \
    lead over the next. Use images the model was not trained on. Gray images cannot tell rgb from bgr.
    """
  static var positionals: [Positional<Self>] { [.one("MODEL", \.model, ModelChoice.fileOrByName)] }
  static var options: [Option<Self>] {
    [
      .value("--data", "<path>", \.data, "A fer2013.csv, a sibling, or a folder of images."),
      .value(
        "--split", "<name>", \.split, default: "public, else private, else train",
        "Which images."),
      .value(
        "--images", "<count>", \.images, in: .between(20, 100_000),
        "How many to show: this by the number of classes, at most, of each."),
      .value("--seed", "<number>", \.seed, "Draws them."),
      .flag("--write", \.write, "Keep what is found, as 'model adopt' does."),
      .flag("--json", \.json, "Write all candidates as JSON."),
      .value(
        "--threads", "<count>", \.threads, in: .threads, default: "all", "CPU threads."),
    ]
  }

  /// The splits of a data set; what a run held out is nothing of data that a model is only tried on.
  enum Split: String, ArgumentChoice {
    case `public`, `private`, train, all
  }

  var common = CommonOptions()
  var model = ""
  var data: String?
  var split: Split?
  var images = 420
  var seed: UInt64 = 1
  var write = false
  var json = false
  var threads: Int?

  /// How many candidates are shown.
  private static let shown = 8

  mutating func validate() throws {
    guard data != nil else {
      throw EmojifyError.usage("model calibrate needs --data: labelled images to try it on")
    }
  }

  func run(_ terminal: Terminal) throws {
    let adoption = try Adoption(of: ModelChoice.file(model))
    terminal.note(ofGuess: adoption.network.guess, model)
    let input = adoption.network.inputShape
    guard input.rank == 3 else {
      throw EmojifyError.badData("\(model): takes an input of \(input), expected an image")
    }
    let format = FaceFormat(width: input[1], height: input[0])
    let dataset = try DataSource.load(data ?? "", for: format, terminal)
    let (indices, hasMore) = try chosen(of: dataset, terminal)
    let trial = try InputTrial(
      adoption, dataset, indices, pool: WorkerPool(threads: threads)
    ) { terminal.redraw($0) }
    terminal.redraw("")
    if json {
      try JSONOutput.write(trial.report)
    } else {
      show(trial, hasMore: hasMore)
    }
    guard trial.isBetterThanChance else {
      terminal.warn("\(model): nothing tried is better than chance; nothing is kept")
      throw EarlyEnd(exitCode: 1)
    }
    guard write else { return }
    if !trial.isSure { terminal.warn("kept, though another may be as good: see above") }
    _ = try adoption.store(trial.found, embed: nil, terminal)
  }

  /// The images to ask about, and whether there are more of them.
  private func chosen(
    of dataset: FaceDataset, _ terminal: Terminal
  ) throws -> (indices: [Int], hasMore: Bool) {
    let wanted: FaceDataset.Split?
    switch split {
    case .public: wanted = .publicTest
    case .private: wanted = .privateTest
    case .train: wanted = .training
    case .all: wanted = nil
    case nil:
      wanted =
        [.publicTest, .privateTest].first { !dataset.indices(of: $0).isEmpty } ?? .training
      terminal.note("split: \(wanted?.name ?? "all")")
    }
    let indices = dataset.sample(
      of: wanted, perClass: perClass(of: dataset.classCount), seed: seed
    ).flatMap(\.self)
    guard indices.count >= 2 * dataset.classCount else {
      throw EmojifyError.badData(
        "\(data ?? ""): \(indices.count) images of \(wanted?.name ?? "all splits") are too few for "
          + "\(dataset.classCount) classes")
    }
    let all = wanted.map { dataset.indices(of: $0).count } ?? dataset.count
    return (indices, indices.count < all)
  }

  private func perClass(of classes: Int) -> Int { max(1, images / classes) }

  private func show(_ trial: InputTrial, hasMore: Bool) {
    var table = Table(
      [.left, .left, .right, .left], header: ["input range", "labels", "accuracy", "95% interval"])
    for candidate in trial.candidates.prefix(Self.shown) {
      table.row([
        candidate.range.text, candidate.title, NumberText.percent(candidate.accuracy),
        candidate.interval.map { NumberText.percent($0) }.joined(separator: " to "),
      ])
    }
    print(table.text)
    let limit =
      hasMore
      ? ", at most \(perClass(of: trial.classNames.count)) of each class" : ": all there are"
    print("\n\(NumberText.count(trial.imageCount, "image"))\(limit)\n")
    let best = trial.candidates[0]
    var facts = Table([.left, .left, .left])
    facts.row(["input range", best.range.text, trial.rangeLead?.text(hasMore: hasMore) ?? ""])
    facts.row([
      "labels", best.labels.joined(separator: ","), trial.labelLead?.text(hasMore: hasMore) ?? "",
    ])
    print(facts.text)
  }
}
