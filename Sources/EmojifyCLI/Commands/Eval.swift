import FERCore
import Foundation

/// `emojify eval`: how good a model is on labelled images.
struct Eval: Command {
  static let name = "eval"
  static let summary =
    "Score a model: accuracy, F1, a table by class, the confusion matrix, a report."
  static let examples = [
    Example("emojify eval --confusion", "The newest run, on the data it was trained on."),
    Example("emojify eval --report report.html", "All there is to know, as a page to look at."),
    Example(
      "emojify eval --model best.h5 --data fer2013.csv --split public", "Any model and data."),
    Example("emojify eval --tta --json", "Average with the mirrored image; for programs."),
  ]
  static let discussion = """
    Without --model it takes the variable EMOJIFY_MODEL, else the newest run in runs/, else the model that comes with \
    emojify; without --data what that run was trained on. Without --split it takes PublicTest, else PrivateTest, else \
    the share of Training that the run held out to judge its epochs by, else all. Where nobody knows what was held out, as of \
    an ensemble, it takes all of data without a test split only if --data names that data.
    """
  static var options: [Option<Self>] {
    Option.section(
      "What is scored",
      [
        .collecting(
          "--model", "<file>", \.models,
          "The network to score, \(ModelChoice.orByName); given again, the mean of all answers counts (an ensemble)."
        ),
        .value("--data", "<path>", \.data, "A fer2013.csv, a sibling, or a folder of images."),
        .value("--split", "<name>", \.split, default: "see above", "Which images."),
        .flag(
          "--tta", \.averagesMirrored, "Average the answers for each image and its mirror image."),
        .value(
          "--temperature", "<number>", \.temperature, default: "1",
          "Divide logits by this, for believable probabilities; 'training' finds the best for the Training images that the run left out."
        ),
        .value("--batch-size", "<count>", \.batchSize, in: .between(1, 4096), "Images at a time."),
        .value(
          "--threads", "<count>", \.threads, in: .threads, default: "all", "CPU threads."),
      ])
      + Option.section("Other people's models", ModelOptions.options(\.modelFacts))
      + Option.section(
        "What is shown",
        [
          .flag(
            "--confusion", \.confusion,
            "Add the confusion matrix: rows true, columns predicted. --json always has it."),
          .value(
            "--normalize", "<by>", \.normalization, default: "counts",
            "The matrix as shares of each true class, each predicted class, or all images."),
          .flag("--charts", \.charts, "Add small charts of precision, recall and confidence."),
          .flag("--json", \.json, "Write everything as JSON."),
          .flag("--csv", \.csv, "Write the table by class, or with --confusion the matrix."),
        ])
      + Option.section(
        "What is written",
        [
          .value(
            "--report", "<file>", \.page, "A page of scores, charts, mistakes and recipe (.html)."),
          .value(
            "--plot", "<file>", \.plot, "Confusion matrix, scores by class, reliability (.svg)."),
          .value(
            "--predictions", "<file>", \.predictions,
            "Every image with its label and probabilities (.csv)."),
        ])
  }

  var common = CommonOptions()
  var models: [String] = []
  var modelFacts = ModelOptions()
  var data: String?
  var split: SplitChoice?
  var averagesMirrored = false
  var temperature: TemperatureChoice?
  var confusion = false
  var normalization: ConfusionMatrix.Normalization?
  var charts = false
  var json = false
  var csv = false
  var page: String?
  var plot: String?
  var predictions: String?
  var batchSize = 128
  var threads: Int?

  mutating func validate() throws {
    try atMostOne(of: "--json", "--csv", "--charts")
    if json, normalization != nil {
      throw EmojifyError.usage("--normalize is of the table: --json has the counts")
    }
    try Figure.check(plot)
    try checkEnding(of: page, "html", for: "--report")
    try checkEnding(of: predictions, "csv", for: "--predictions")
  }

  func run(_ terminal: Terminal) throws {
    let files = try ModelChoice.choose(models, terminal)
    let outputs = [page, plot, predictions].compactMap(\.self)
    try InputGuard.check(outputs, against: files.map(\.path))
    let model = try LoadedModel(files, told: modelFacts, terminal)
    let data = try EvalData(data, for: model, terminal)
    try InputGuard.check(outputs, against: [data.source])
    let (split, indices) = try data.images(of: split, terminal)
    let predictor = Predictor(
      network: model.network, pool: WorkerPool(threads: threads),
      batchSize: batchSize, averagesMirrored: averagesMirrored)
    var bar = ProgressBar(terminal, label: "eval")
    var answers = try Evaluator.answers(of: predictor, on: data.dataset, indices: indices) { done in
      bar.update(
        Double(done) / Double(indices.count),
        "\(NumberText.grouped(done)) of \(NumberText.count(indices.count, "image"))")
    }
    bar.clear()
    answers = try FaceClassifier.checked(answers, of: model.name)
    let scaling = try scaling(predictor, data, terminal)
    if let scaling { answers = answers.map { scaling($0) } }
    let evaluation = Evaluation(
      answers, of: indices, in: data, split: split, model: model, tta: averagesMirrored,
      temperature: scaling?.temperature)
    try show(evaluation, terminal)
    try write(evaluation, model, terminal)
  }

  /// The temperature that was asked for, or the one that fits what the run left out.
  private func scaling(
    _ predictor: Predictor, _ data: EvalData, _ terminal: Terminal
  ) throws -> TemperatureScaling? {
    switch temperature {
    case nil: return nil
    case .value(let number): return TemperatureScaling(number)
    case .training:
      let held = try data.leftOut()
      let scaling = TemperatureScaling(
        fitting: try Evaluator.answers(of: predictor, on: data.dataset, indices: held),
        labels: held.map { Int(data.dataset.labels[$0]) })
      terminal.note(
        "temperature \(NumberText.fixed(scaling.temperature, 3)), from "
          + "\(NumberText.count(held.count, "image")) of Training that were left out")
      return scaling
    }
  }

  private func show(_ evaluation: Evaluation, _ terminal: Terminal) throws {
    let report = evaluation.report
    if json { return try JSONOutput.write(evaluation) }
    if csv {
      return confusion || normalization != nil
        ? writeMatrix(report.matrix)
        : CSVOutput.write(
          header: ["class", "precision", "recall", "f1", "support"],
          rows: report.perClass.map {
            [$0.name, "\($0.precision)", "\($0.recall)", "\($0.f1)", "\($0.support)"]
          })
    }
    let text = ReportText(evaluation: evaluation, terminal: terminal)
    print(text.scores)
    if confusion || normalization != nil { print("\n" + text.confusion(normalization)) }
    if charts { print("\n" + evaluation.charts.text(width: min(terminal.width, 100))) }
  }

  private func writeMatrix(_ matrix: ConfusionMatrix) {
    let cells =
      normalization.map { matrix.normalized(by: $0).map { $0.map { "\($0)" } } }
      ?? matrix.counts.map { $0.map(String.init) }
    CSVOutput.write(
      header: ["true"] + matrix.classNames,
      rows: zip(matrix.classNames, cells).map { [$0] + $1 })
  }

  private func write(
    _ evaluation: Evaluation, _ model: LoadedModel, _ terminal: Terminal
  ) throws {
    if let plot {
      let title = "\(evaluation.model), \(evaluation.split): \(evaluation.headline)"
      try evaluation.charts.figure(title).write(to: URL(fileURLWithPath: plot))
      terminal.note("wrote \(plot)")
    }
    if let predictions {
      try AtomicFile.write(
        Data((evaluation.predictions + "\n").utf8), to: URL(fileURLWithPath: predictions))
      terminal.note("wrote \(predictions)")
    }
    if let page {
      let text = try ReportPage(evaluation: evaluation, model: model).text
      try AtomicFile.write(Data(text.utf8), to: URL(fileURLWithPath: page))
      terminal.note("wrote \(page)")
    }
  }
}

/// A number, or the word that has it found.
enum TemperatureChoice: ArgumentValue, Equatable {
  case value(Double)
  case training

  init?(argument: String) {
    if argument == "training" {
      self = .training
    } else if let number = Double(argument), number >= 0.01, number <= 100 {
      self = .value(number)
    } else {
      return nil
    }
  }
  static var expectation: String { "a number from 0.01 to 100, or training" }
  var argument: String? {
    switch self {
    case .value(let number): String(format: "%g", number)
    case .training: "training"
    }
  }
}
