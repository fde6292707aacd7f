import Foundation

/// A run as its checkpoint has it, to be gone on with elsewhere: the network as the optimizer left it, not the average of
/// its weights that is validated and saved, and what the optimizer remembers.
public struct StoppedRun {
  public let network: Network
  /// The run's, with the rate of the last step as the learning rate; without scores, which are those of saved networks.
  public let metadata: ModelMetadata
  public let optimizer: OptimizerState

  /// Reads `checkpoint.h5` of a run. The layers are those of `last.h5` or `best.h5` beside it, the rest is in `config.json`.
  ///
  /// - Throws: `EmojifyError` naming the file: `.missingInput` where one of those is not there, `.badData` where one is
  ///   damaged or they are of different networks.
  public init(checkpoint url: URL) throws {
    let file = url.relativePath
    let saved = try Checkpoint(reading: url)
    let beside = { url.deletingLastPathComponent().appendingPathComponent($0) }
    let models = ["last.h5", "best.h5"].map(beside)
    guard let model = models.first(where: { FileManager.default.fileExists(atPath: $0.path) })
    else {
      throw EmojifyError.missingInput(
        "\(file): holds numbers only; the layers they are for are in last.h5 or best.h5 beside it, "
          + "which a run has from the end of its first epoch on, and neither is there")
    }
    let configuration = try RunFolder.recipe(of: url.deletingLastPathComponent())
    var (network, metadata) = try KerasFormat.read(model)
    if let frozen = configuration.start?.frozen, !frozen.isEmpty {
      do {
        network = try network.freezing(frozen)
      } catch EmojifyError.usage(let message) {
        throw EmojifyError.badData("\(model.relativePath): \(message)")
      }
    }
    guard let places = saved.places(ofParametersIn: network) else {
      let own = Checkpoint.parameters(of: network)
      let difference = zip(saved.parameters, own).first { $0 != $1 }
      throw EmojifyError.badData(
        "\(file): is of another network than \(model.relativePath): it has "
          + (difference.map { "'\($0)', there it is '\($1)'" }
            ?? "\(saved.parameters.count) parameters, there are \(own.count)"))
    }
    let values = try saved.array("values", count: network.values.count, in: file)
    let order = ParameterOrder(of: network, places)
    order.copy(values, to: network.values)
    network.parametersChanged()

    let slots = try configuration.optimizer.makeOptimizer(trainableCount: network.trainableCount)
      .slots.map {
        let own = FloatBuffer(count: network.trainableCount)
        order.copy(
          try saved.array("optimizer_\($0.name)", count: own.count, in: file), to: own)
        return own
      }
    let counters = try Trainer.required(saved.counters["progress"], 8, "counters/progress", file)
    let numbers = try Trainer.required(saved.numbers["progress"], 3, "numbers/progress", file)
    guard 0...(1 << 53) ~= counters[5] else {
      throw EmojifyError.badData(
        "\(file): 'counters/progress' is \(counters), which no run comes to")
    }
    optimizer = OptimizerState(steps: counters[5], slots: slots, of: network)
    let lastRate = Float(numbers[1])
    metadata.scores = nil
    metadata.training = configuration.optimizer.inKeras(
      learningRate: lastRate > 0 ? lastRate : configuration.learningRate)
    self.network = network
    self.metadata = metadata
  }
}

/// Brings what a checkpoint has for each parameter into the order of a network.
private struct ParameterOrder {
  /// Of each parameter: where it begins in the checkpoint and in the network, and its length with what it is padded by.
  private let pieces: [(source: Int, target: Int, count: Int)]

  /// - Parameter places: of each parameter in the checkpoint's order.
  init(of network: Network, _ places: [Int]) {
    let counts = network.parameters.map { Network.padded($0.shape.count) }
    var countAt = counts
    for (own, place) in places.enumerated() { countAt[place] = counts[own] }
    let starts = { (counts: [Int]) in
      counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    }
    let (sources, targets) = (starts(countAt), starts(counts))
    pieces = places.enumerated().map { own, place in (sources[place], targets[own], counts[own]) }
  }

  /// Copies the parameters that `target` has room for: those that learn are the first in both.
  func copy(_ source: FloatBuffer, to target: FloatBuffer) {
    for piece in pieces where piece.target < target.count {
      target.base.advanced(by: piece.target)
        .update(from: source.base + piece.source, count: piece.count)
    }
  }
}
