import FERCore

/// What `eval` finds out; encodes as its JSON object.
struct Evaluation: Encodable {
  /// Images that training has seen as they are, and the score without them.
  struct Leak: Encodable {
    /// Evaluated images whose every pixel equals some Training image's.
    let duplicates: Int
    /// On the evaluated images that are no such duplicates; nil where all are.
    let accuracyWithout: Double?
    let imagesWithout: Int

    enum CodingKeys: String, CodingKey {
      case duplicates
      case accuracyWithout = "accuracy_without"
      case imagesWithout = "images_without"
    }
  }

  let model: String
  let source: String
  let split: String
  let tta: Bool
  /// What logits were divided by; nil where nothing was.
  let temperature: Double?
  let dataset: FaceDataset
  /// The images that were scored, as the data set counts them.
  let indices: [Int]
  /// Probabilities, `[indices][classes]`.
  let answers: [[Float]]
  let report: ClassificationReport
  let calibration: Calibration
  /// Nil where the data has no Training images, or they are among what is scored.
  let leak: Leak?

  init(
    _ answers: [[Float]], of indices: [Int], in data: EvalData, split: SplitChoice,
    model: LoadedModel, tta: Bool, temperature: Double? = nil
  ) {
    let dataset = data.dataset
    let labels = indices.map { Int(dataset.labels[$0]) }
    self.answers = answers
    self.indices = indices
    self.dataset = dataset
    self.split = split.name
    self.tta = tta
    self.temperature = temperature
    self.model = model.name
    source = data.source
    report = Evaluator.report(answers, labels: labels, classNames: dataset.classNames)
    calibration = Calibration(answers, labels: labels)
    leak = Self.leak(answers, indices, dataset, trainedOn: data.trainedOn(scoring: split))
  }

  var charts: EvaluationCharts { EvaluationCharts(report: report, calibration: calibration) }

  /// `65.70% of 3,589 images`.
  var headline: String {
    "\(NumberText.percent(report.accuracy, decimals: 2)) of \(NumberText.count(report.images, "image"))"
      + (tta ? ", with mirror images" : "")
      + (temperature.map { ", at temperature \(NumberText.fixed($0, 3))" } ?? "")
  }

  /// The class called and its probability, by place in `indices`.
  func call(_ place: Int) -> (label: Int, confidence: Float) {
    let label = answers[place].placeOfLargest
    return (label, answers[place][label])
  }

  /// A line an image: where it is from, what it is, what it was called, and all probabilities.
  var predictions: String {
    let names = dataset.classNames
    let rows = indices.indices.map { place -> [String] in
      let image = indices[place]
      return [
        dataset.source(of: image) ?? "\(image)", dataset.splits[image].name,
        names[Int(dataset.labels[image])], names[call(place).label],
      ] + answers[place].map { "\($0)" }
    }
    return CSVOutput.text(header: ["image", "split", "true", "called"] + names, rows: rows)
  }

  private static func leak(
    _ answers: [[Float]], _ indices: [Int], _ dataset: FaceDataset, trainedOn training: [Int]
  ) -> Leak? {
    guard !training.isEmpty, Set(training).isDisjoint(with: indices) else { return nil }
    let known = Set(dataset.duplicates(of: training, among: indices))
    let fresh = indices.indices.filter { !known.contains(indices[$0]) }
    let hits = fresh.count { answers[$0].placeOfLargest == Int(dataset.labels[indices[$0]]) }
    return Leak(
      duplicates: known.count,
      accuracyWithout: fresh.isEmpty ? nil : Double(hits) / Double(fresh.count),
      imagesWithout: fresh.count)
  }

  private enum CodingKeys: String, CodingKey {
    case model, data, split, tta, temperature, calibration
    case leak = "training_duplicates"
  }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(model, forKey: .model)
    try container.encode(source, forKey: .data)
    try container.encode(split, forKey: .split)
    try container.encode(tta, forKey: .tta)
    try container.encode(temperature, forKey: .temperature)
    try container.encode(calibration, forKey: .calibration)
    try container.encode(leak, forKey: .leak)
  }
}
