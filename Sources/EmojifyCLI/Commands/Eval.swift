import FERCore
import Foundation

/// `emojify eval`: how good a model is on labelled images.
struct Eval: Command {
  static let name = "eval"
  static let summary = "Score a model: accuracy, F1, a table by class, the confusion matrix."
  static let examples = [
    Example("emojify eval --confusion", "The newest run, on the data it was trained on."),
    Example(
      "emojify eval --model best.h5 --data fer2013.csv --split public", "Any model and data."),
    Example("emojify eval --tta --json", "Average with the mirrored image; for programs."),
  ]
  static let discussion = """
    Without --model it takes the variable EMOJIFY_MODEL, else the newest run in runs/, else the model that comes with \
    emojify; without --data what that run was trained on. Without --split it takes images that nothing was chosen on: \
    the private ones, else the public ones, else the validation share.
    """
  static var options: [Option<Self>] {
    [
      .value("--model", "<file>", \.model, "The network to score."),
      .value("--data", "<path>", \.data, "A fer2013.csv, a sibling, or a folder of images."),
      .value("--split", "<name>", \.split, default: "see above", "Which images."),
      .flag(
        "--tta", \.averagesMirrored, "Average the answers for each image and its mirror image."),
      .flag("--confusion", \.confusion, "Add the confusion matrix: rows true, columns predicted."),
      .value(
        "--normalize", "<by>", \.normalization, default: "counts",
        "The matrix as shares of each true class, each predicted class, or all images."),
      .flag("--json", \.json, "Write everything as JSON."),
      .value("--batch-size", "<count>", \.batchSize, in: .atLeast(1), "Images at a time."),
      .value("--threads", "<count>", \.threads, in: .atLeast(1), default: "all", "CPU threads."),
    ]
  }

  var common = CommonOptions()
  var model: String?
  var data: String?
  var split: SplitChoice?
  var averagesMirrored = false
  var confusion = false
  var normalization: ConfusionMatrix.Normalization?
  var json = false
  var batchSize = 128
  var threads: Int?

  func run(_ terminal: Terminal) throws {
    let file = try ModelChoice.choose(model, terminal)
    let model = try LoadedModel(file)
    let data = try EvalData(data, for: model, terminal)
    let indices = try data.images(of: split, terminal)
    let predictor = Predictor(
      network: model.network, pool: threads.map { WorkerPool(threads: $0) } ?? WorkerPool(),
      batchSize: batchSize, averagesMirrored: averagesMirrored)
    var bar = ProgressBar(terminal, label: "eval")
    let report = try Evaluator.evaluate(predictor, on: data.dataset, indices: indices) { done in
      bar.update(
        Double(done) / Double(indices.count),
        "\(NumberText.grouped(done)) of \(NumberText.count(indices.count, "image"))")
    }
    bar.clear()
    if json { return try JSONOutput.write(report) }
    let text = ReportText(report: report, terminal: terminal)
    print(text.scores)
    if confusion || normalization != nil { print("\n" + text.confusion(normalization)) }
  }
}
