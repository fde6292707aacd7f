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
  /// What says which of these images the model's run left out; nil where nobody knows, or these are not its run's data.
  private let recipe: TrainingConfiguration?
  private let modelName: String
  private let isEnsemble: Bool
  /// The user said which data, and did not leave it to the model.
  private let isNamed: Bool
  /// Images that the run left out, as its list says; a failure where that is lost, which only matters to who asks.
  private let skipped: Result<[Int], any Error>
  /// Classes of the data that the model does not tell apart, and how many of their images each split has.
  private let unknown: (classes: [String], counts: [FaceDataset.Split: Int])

  /// Reads `path`, or what the model's run was trained on.
  ///
  /// Throws `EmojifyError.usage` where neither is known, and what reading the data throws.
  init(_ path: String?, for model: LoadedModel, _ terminal: Terminal) throws {
    let (recipe, isInItsRun) = try Self.recipe(of: model, isNeeded: path == nil)
    modelName = model.name
    isEnsemble = model.isEnsemble
    isNamed = path != nil
    guard let source = path ?? (isInItsRun ? recipe?.data : nil) else {
      throw EmojifyError.usage(
        "\(model.file.relativePath) lies in no run's folder, so --data has to name the images")
    }
    self.source = source
    if path == nil { terminal.note("data: \(source) (what the model was trained on)") }
    let all = try DataSource.load(source, for: model.format, terminal)
    let covered = ClassName.places(of: all.classNames, in: model.classNames)
    guard covered.count >= 2 else {
      throw EmojifyError.badData(
        "\(source): has the classes \(all.classNames.listed), \(model.name) tells \(model.classNames.listed) apart: "
          + "expected two in common at least")
    }
    let dataset = try all.covering(classes: model.classNames)
    self.dataset = dataset
    let missing = Set(model.classNames).subtracting(covered.map { model.classNames[$0] })
    if !missing.isEmpty {
      terminal.note("note: \(source) has no class \(missing.sorted().listed)")
    }
    let known = Set(dataset.classNames)
    let counts = [FaceDataset.Split.training, .publicTest, .privateTest].map {
      ($0, all.indices(of: $0).count - dataset.indices(of: $0).count)
    }
    unknown = (
      all.classNames.filter { !known.contains($0) }, Dictionary(uniqueKeysWithValues: counts)
    )
    // The list, and what was held out, belong to the run's data and to no other.
    let isRunsData = recipe.map { Self.holds(source, all, dataOf: $0) } ?? false
    if let recipe, !isRunsData, URL(fileURLWithPath: source).path == recipe.data {
      terminal.note(
        "note: \(source) holds other images or labels than when \(model.name) was trained: nobody knows "
          + "which of them it has seen")
    }
    self.recipe = isRunsData && !model.isEnsemble ? recipe : nil
    let list = isRunsData ? recipe?.skip : nil
    skipped = Result {
      guard let list else { return [] }
      let skipped = try DataSource.skipped(
        SkipList(reading: URL(fileURLWithPath: list)), source, all, in: dataset)
      if let before = recipe?.skippedImages, before != skipped.count {
        throw EmojifyError.badData(
          "\(list): names \(skipped.count) images, \(model.name) was trained without \(before): it is another list"
        )
      }
      return skipped
    }
    if case .failure(let error) = skipped {
      terminal.note(
        "note: nobody knows which images \(model.name) was trained without, so copies are not counted: \(error)"
      )
    }
  }

  /// Whether `source` holds what the run was trained on. A file may have moved, so its name counts where nothing better is known.
  private static func holds(
    _ source: String, _ all: FaceDataset, dataOf recipe: TrainingConfiguration
  ) -> Bool {
    if let known = recipe.dataFingerprint {
      return known == (try? all.selecting(recipe.classes))?.fingerprint
    }
    let url = URL(fileURLWithPath: source)
    return url.lastPathComponent == recipe.data.map { URL(fileURLWithPath: $0).lastPathComponent }
  }

  /// The recipe of the run that the model file lies in, else the one that the file carries, which has its data's name but not
  /// where it lies; and whether it is the run's.
  ///
  /// Throws what reading the run's throws, where `isNeeded`.
  private static func recipe(
    of model: LoadedModel, isNeeded: Bool
  ) throws -> (TrainingConfiguration?, Bool) {
    let folder = model.file.deletingLastPathComponent()
    if RunFolder.isRun(folder) {
      do {
        return (try RunFolder.recipe(of: folder), true)
      } catch _ where !isNeeded {
        // Other programs call a file config.json too, and put it beside their models.
      }
    }
    // One that another version wrote says nothing; without its list, nobody knows what a run left out.
    guard let text = try model.metadata.recipe?.text(),
      let carried = try? TrainingConfiguration(json: Data(text.utf8), name: model.name),
      carried.skip == nil
    else { return (nil, false) }
    return (carried, false)
  }

  /// The images of Training that the model's run did not learn from; it judged its epochs by them.
  ///
  /// Throws `EmojifyError.usage` where there are none, or nobody knows which.
  func leftOut() throws -> [Int] {
    func missing(_ why: String) -> EmojifyError {
      .usage("--temperature training: \(modelName) \(why); give a number")
    }
    guard let recipe else {
      throw missing("does not say which Training images of \(source) were left out")
    }
    guard recipe.validation != .publicTest else {
      throw missing("learnt from all of Training")
    }
    return try trainingImages { $0.validation } ?? []
  }

  /// The images of `split`; of the best there is where it is nil: public, else private, else validation, else all. A model whose
  /// held-out images nobody knows is scored on all only where the user named the data: what it was trained on would flatter it.
  ///
  /// Throws `EmojifyError`: `.usage` where nobody knows what was held out to validate, `.badData` where the split is empty.
  func images(of split: SplitChoice?, _ terminal: Terminal) throws -> (SplitChoice, [Int]) {
    let rest: SplitChoice = recipe != nil || !isNamed ? .validation : .all
    let chosen = split ?? (has(.publicTest) ? .public : has(.privateTest) ? .private : rest)
    let indices: [Int]
    switch chosen {
    case .public: indices = dataset.indices(of: .publicTest)
    case .private: indices = dataset.indices(of: .privateTest)
    case .train: indices = try trainingImages { $0.training } ?? trainedOn(scoring: chosen)
    case .validation:
      guard let held = try trainingImages({ $0.validation }) else {
        guard split != nil else {
          throw EmojifyError.usage(
            "\(source): has no test split, and nobody knows what \(isEnsemble ? "an ensemble as a whole" : modelName) "
              + "held out of it: say --split or other --data")
        }
        throw EmojifyError.usage(
          "--split validation: \(modelName) does not say which Training images of \(source) were held out; name another split"
        )
      }
      indices = held
    case .all: indices = Array(0..<dataset.count)
    }
    guard !indices.isEmpty else {
      throw EmojifyError.badData("\(source): has no \(chosen.name) images")
    }
    if split == nil { terminal.note("split: \(chosen.name)") }
    let leftOut = unknownImages(of: chosen)
    if leftOut > 0 {
      terminal.note(
        "note: left out \(NumberText.count(leftOut, "image")) of \(unknown.classes.listed), which "
          + "\(modelName) does not tell apart")
    }
    return (chosen, indices)
  }

  private func unknownImages(of split: SplitChoice) -> Int {
    switch split {
    case .public: unknown.counts[.publicTest] ?? 0
    case .private: unknown.counts[.privateTest] ?? 0
    case .train: unknown.counts[.training] ?? 0
    case .validation: 0  // a run holds out what its model knows
    case .all: unknown.counts.values.reduce(0, +)
    }
  }

  /// The Training images that the run knew when `split` is scored: those it judged epochs by too, unless they are what is
  /// scored. None where nobody knows what it skipped.
  func trainedOn(scoring split: SplitChoice) -> [Int] {
    if split == .validation, let learnt = try? trainingImages({ $0.training }) { return learnt }
    guard let skipped = try? Set(skipped.get()) else { return [] }
    return dataset.indices(of: .training).filter { !skipped.contains($0) }
  }

  /// A part of what the run took from Training; what it skipped is in none. Nil where nobody knows the parts.
  private func trainingImages(_ part: (TrainingData) -> [Int]) throws -> [Int]? {
    guard var configuration = recipe else { return nil }
    let (rest, kept) = dataset.removing(try skipped.get())
    // The data is in the model's classes already; the recipe decides the validation share.
    configuration.classes = []
    return try part(TrainingData(rest, configuration)).map { kept[$0] }
  }

  private func has(_ split: FaceDataset.Split) -> Bool { !dataset.indices(of: split).isEmpty }
}
