import FERCore
import Foundation

/// Which images a model is scored on.
enum SplitChoice: String, ArgumentChoice {
  case `public`, `private`, train, validation, all

  var name: String {
    switch self {
    case .public: "PublicTest"
    case .private: "PrivateTest"
    case .train: "Training"
    case .validation: "validation"
    case .all: "all"
    }
  }
}

/// Labelled images for a model: the data it is to be scored on, in its own classes.
struct EvalData {
  let dataset: FaceDataset
  /// The path that was read.
  let source: String
  /// The model's run's, if anybody knows it.
  private let recipe: TrainingConfiguration?
  /// Images that the run left out, as its list says; a failure where that is lost, which only matters to who asks.
  private let skipped: Result<[Int], any Error>

  /// Reads `path`, or what the model's run was trained on.
  ///
  /// Throws `EmojifyError.usage` where neither is known, and what reading the data throws.
  init(_ path: String?, for model: LoadedModel, _ terminal: Terminal) throws {
    let recipe = try Self.recipe(of: model)
    self.recipe = recipe
    guard let source = path ?? recipe?.data else {
      throw EmojifyError.usage(
        "\(model.file.relativePath) lies in no run's folder, so --data has to name the images")
    }
    self.source = source
    if path == nil { terminal.note("data: \(source) (what the model was trained on)") }
    let all = try DataSource.load(source, for: model.format, terminal)
    let dataset = try all.ordered(classes: model.classNames)
    self.dataset = dataset
    // The list belongs to the run's data and to no other.
    let isRunsData = path.map { URL(fileURLWithPath: $0).path == recipe?.data } ?? true
    let list = isRunsData ? recipe?.skip : nil
    skipped = Result { try list.map { try Self.skipped($0, source, all, in: dataset) } ?? [] }
  }

  /// The recipe of the run that the model file lies in, else the one that the file carries, which names no data.
  private static func recipe(of model: LoadedModel) throws -> TrainingConfiguration? {
    let file = model.file.deletingLastPathComponent().appendingPathComponent("config.json")
    guard FileManager.default.fileExists(atPath: file.path) else {
      // One that another version wrote says nothing; without its list, nobody knows what a run left out.
      guard let text = try model.metadata.recipe?.text(),
        var carried = try? TrainingConfiguration(json: Data(text.utf8), name: model.name),
        carried.skip == nil
      else { return nil }
      carried.data = nil
      return carried
    }
    return try TrainingConfiguration(reading: file)
  }

  /// The images of Training that `model`'s run neither learnt from nor was ended by.
  ///
  /// Throws `EmojifyError.usage` where there are none, or nobody knows which.
  func leftOut(of model: LoadedModel) throws -> [Int] {
    func missing(_ why: String) -> EmojifyError {
      .usage("--temperature training: \(model.name) \(why); give a number")
    }
    guard let recipe, !model.isEnsemble else {
      throw missing("does not say which Training images were left out")
    }
    guard recipe.validation != .publicTest else {
      throw missing("learnt from all of Training")
    }
    return try trainingImages { $0.validation }
  }

  /// The images of `split`; of the best there is where it is nil: private, else public, else validation.
  func images(of split: SplitChoice?, _ terminal: Terminal) throws -> (SplitChoice, [Int]) {
    let chosen = split ?? (has(.privateTest) ? .private : has(.publicTest) ? .public : .validation)
    let indices: [Int]
    switch chosen {
    case .public: indices = dataset.indices(of: .publicTest)
    case .private: indices = dataset.indices(of: .privateTest)
    case .train: indices = try trainingImages { $0.training }
    case .validation: indices = try trainingImages { $0.validation }
    case .all: indices = Array(0..<dataset.count)
    }
    guard !indices.isEmpty else {
      throw EmojifyError.badData("\(source): has no \(chosen.name) images")
    }
    if split == nil { terminal.note("split: \(chosen.name)") }
    return (chosen, indices)
  }

  /// The Training images that the run did not leave out.
  var trainedOn: [Int] {
    let skipped = Set((try? skipped.get()) ?? [])
    return dataset.indices(of: .training).filter { !skipped.contains($0) }
  }

  /// A part of what the run learnt from; what it skipped is in none.
  private func trainingImages(_ part: (TrainingData) -> [Int]) throws -> [Int] {
    let (rest, kept) = dataset.removing(try skipped.get())
    // The data is in the model's classes already; the recipe decides the validation share.
    var configuration = recipe ?? TrainingConfiguration()
    configuration.classes = []
    return try part(TrainingData(rest, configuration)).map { kept[$0] }
  }

  /// What the list names of `dataset`, which holds some classes of `all`.
  private static func skipped(
    _ list: String, _ source: String, _ all: FaceDataset, in dataset: FaceDataset
  ) throws -> [Int] {
    let skipped = try SkipList(reading: URL(fileURLWithPath: list)).indices(in: all, source: source)
    let references = Set(skipped.compactMap(all.reference(of:)))
    return dataset.labels.indices.filter { index in
      dataset.reference(of: index).map(references.contains) ?? false
    }
  }

  private func has(_ split: FaceDataset.Split) -> Bool { !dataset.indices(of: split).isEmpty }
}
