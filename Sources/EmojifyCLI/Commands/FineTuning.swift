import FERCore
import Foundation

/// What a run begins with that does not begin at random: a network, and what its outputs mean.
struct FineTuning {
  private let network: Network
  /// Nil where the data decides.
  private let classNames: [String]?
  private let file: URL
  private let start: StartingPoint
  private let isResumed: Bool

  /// The network as its file has it. Nil for a run that begins at random.
  init?(_ recipe: inout TrainingConfiguration, resuming run: URL?, _ terminal: Terminal) throws {
    guard let start = recipe.start else { return nil }
    self.start = start
    isResumed = run != nil
    if let run {
      file = run.appendingPathComponent("start.h5")
      let (network, metadata) = try KerasFormat.read(file)
      self.network = network
      classNames = metadata.labels
      return
    }
    file = URL(fileURLWithPath: start.weights)
    guard start.ownNetwork else {
      guard let architecture = Architecture.named(recipe.architecture) else {
        throw EmojifyError.usage("unknown architecture '\(recipe.architecture)'")
      }
      network = try architecture.network(seed: recipe.seed)
      classNames = nil
      return
    }
    let model = try LoadedModel(
      file,
      told: ModelOptions(
        inputRange: start.inputRange, color: .gray, labels: start.labels.map(LabelOrder.list)),
      needsLabels: !start.replacesHead, trains: true, terminal)
    _ = try model.faceSide()
    network = model.network
    classNames = start.replacesHead ? nil : model.classNames
    recipe.architecture = network.name
  }

  /// Width and height of the images it takes.
  var side: Int { network.inputShape[0] }

  /// What is trained on `dataset`, whose classes are those the run is to have, and their order in the outputs.
  func beginning(
    for dataset: FaceDataset, _ recipe: TrainingConfiguration, _ terminal: Terminal
  ) throws -> (network: Network, classNames: [String]) {
    var names = try classNames ?? dataset.selecting(recipe.classes).classNames
    var result = network
    if !isResumed {
      let wanted = try dataset.selecting(recipe.classes).classNames
      if !start.ownNetwork {
        result =
          try Architecture.named(recipe.architecture)?
          .network(classCount: wanted.count, seed: recipe.seed) ?? result
        try takeWeights(into: result, terminal)
      }
      if start.replacesHead {
        result = try EmojifyError.naming(file.relativePath) {
          try result.replacingHead(classCount: wanted.count, seed: recipe.seed)
        }
      } else if start.ownNetwork {
        (result, names) = try keeping(wanted, of: names, in: result, terminal)
      }
    }
    result = try result.freezing(start.frozen)
    if !result.frozen.isEmpty {
      let (trainable, other) = result.parameterCount
      terminal.note(
        "frozen: \(NumberText.count(result.frozen.count, "layer")); "
          + "\(NumberText.grouped(trainable)) of \(NumberText.grouped(trainable + other)) "
          + "parameters are trained")
    }
    return (result, names)
  }

  /// Writes what a new run begins with into its folder, for --resume, and returns it as --resume will read it: a file has the
  /// layers in Keras' order, and by that the random numbers and the checkpoint's parameters go.
  func keep(_ network: Network, _ classNames: [String], in run: RunFolder) throws -> Network {
    let metadata = ModelMetadata(labels: classNames, inputRange: .raw)
    try KerasFormat.write(network, metadata: metadata, to: run.start)
    return try KerasFormat.read(run.start).network.freezing(start.frozen)
  }

  /// The outputs that the data has classes for, and what they are called, in the file's order.
  private func keeping(
    _ wanted: [String], of names: [String], in network: Network, _ terminal: Terminal
  ) throws -> (Network, [String]) {
    let kept = ClassName.places(of: wanted, in: names)
    guard kept.count == wanted.count, kept.count >= 2 else {
      throw EmojifyError.usage(
        "\(file.relativePath) tells \(names.count) classes apart (\(names.joined(separator: ", "))), the "
          + "data has \(wanted.count) (\(wanted.joined(separator: ", "))): --replace-head puts a fresh "
          + "last layer in its place")
    }
    if kept.count == names.count { return (network, names) }
    let keptNames = kept.map { names[$0] }
    terminal.note("kept \(kept.count) of the \(names.count) outputs: \(keptNames.listed)")
    let narrowed = try EmojifyError.naming(file.relativePath) { try network.keepingOutputs(kept) }
    return (narrowed, keptNames)
  }

  private func takeWeights(into network: Network, _ terminal: Terminal) throws {
    let taken = try KerasFormat.readMatchingWeights(from: file, into: network)
    let all = network.nodes.filter { !($0.layer?.parameters.isEmpty ?? true) }.map(\.name)
    guard !taken.isEmpty else {
      throw EmojifyError.badData(
        "\(file.relativePath): no layer has the name and shapes of one of \(network.name)'s: "
          + all.joined(separator: ", "))
    }
    let fresh = all.filter { !taken.contains($0) }
    terminal.note(
      "weights of \(NumberText.count(taken.count, "layer")) from \(file.relativePath)"
        + (fresh.isEmpty ? "" : "; fresh: \(fresh.joined(separator: ", "))"))
  }
}
