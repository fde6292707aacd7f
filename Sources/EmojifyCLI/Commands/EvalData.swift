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
  /// The recipe that decides the validation share: the model's run's, or the defaults.
  private let configuration: TrainingConfiguration

  /// Reads `path`, or what the model's run was trained on.
  ///
  /// Throws `EmojifyError.usage` where neither is known, and what reading the data throws.
  init(_ path: String?, for model: LoadedModel, _ terminal: Terminal) throws {
    let recipe = try Self.recipe(of: model)
    guard let source = path ?? recipe?.data else {
      throw EmojifyError.usage(
        "\(model.file.relativePath) lies in no run's folder, so --data has to name the images")
    }
    self.source = source
    if path == nil { terminal.note("data: \(source) (what the model was trained on)") }
    var configuration = recipe ?? TrainingConfiguration()
    configuration.classes = []
    self.configuration = configuration
    let all = try DataSource.load(source, terminal)
    dataset =
      all.classNames == model.classNames ? all : try all.selecting(classes: model.classNames)
  }

  /// The recipe of the run that the model file lies in.
  private static func recipe(of model: LoadedModel) throws -> TrainingConfiguration? {
    let file = model.file.deletingLastPathComponent().appendingPathComponent("config.json")
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return try TrainingConfiguration(reading: file)
  }

  /// The images of `split`; of the best there is where it is nil: private, else public, else validation.
  func images(of split: SplitChoice?, _ terminal: Terminal) throws -> (SplitChoice, [Int]) {
    let chosen = split ?? (has(.privateTest) ? .private : has(.publicTest) ? .public : .validation)
    let indices: [Int]
    switch chosen {
    case .public: indices = dataset.indices(of: .publicTest)
    case .private: indices = dataset.indices(of: .privateTest)
    case .train: indices = try TrainingData(dataset, configuration).training
    case .validation: indices = try TrainingData(dataset, configuration).validation
    case .all: indices = Array(0..<dataset.count)
    }
    guard !indices.isEmpty else {
      throw EmojifyError.badData("\(source): has no \(chosen.name) images")
    }
    if split == nil { terminal.note("split: \(chosen.name)") }
    return (chosen, indices)
  }

  private func has(_ split: FaceDataset.Split) -> Bool { !dataset.indices(of: split).isEmpty }
}
