import FERCore
import Foundation

/// `emojify model convert`: any model that is read, written in the form of a model of ours.
struct ModelConvert: Command {
  static let name = "model convert"
  static let summary = "Write a model anew, in the form that today's Keras opens."
  static let examples = [
    Example("emojify model convert old.hdf5 new.h5", "What only an old Keras opened, for any."),
    Example("emojify model convert model.h5 model.keras", "Keras 3's own form."),
    Example("emojify model convert model.h5 small.h5 --half", "Weights in 16 bits."),
    Example(
      "emojify model convert weights.h5 model.keras --config model.json",
      "Weights alone become a whole model."),
    Example(
      "emojify model convert runs/first/checkpoint.h5 on.keras",
      "Go on in Keras where a run stopped."),
  ]
  static let discussion = """
    Network and weights are kept, with what 'emojify model adopt' said of them, how it was compiled where every Keras \
    understands that, and what Adam, AdamW or SGD remembers. '.keras' is the form of Keras 3, '.h5' that of Keras 2 and 3, \
    with Keras 2's list of what the optimizer remembers. A run's checkpoint.h5 becomes the network as the optimizer left \
    it, not the moving average that last.h5 has; the layers are those of last.h5 or best.h5 beside it. 'emojify model \
    diff' shows that nothing else changed.
    """
  static var positionals: [Positional<Self>] {
    [
      .one(
        "FROM", \.source,
        "A model file, the checkpoint.h5 of a run, or \(ModelChoice.orByName)."),
      .one("TO", \.target, "The file to write, another than FROM; its ending says which form."),
    ]
  }
  static var options: [Option<Self>] {
    [
      .flag("--half", \.half, "Round weights to 16 bits: half the size, three digits."),
      .value(
        "--temperature", "<number>", \.temperature, in: .between(0.01, 100), default: "1",
        "Divide logits by this, as 'emojify eval --temperature training' found it."),
    ] + LayerOptions.options(\.layers)
  }

  var common = CommonOptions()
  var source = ""
  var target = ""
  var half = false
  var temperature: Double?
  var layers = LayerOptions()

  mutating func validate() throws {
    try InputGuard.check(
      [target], against: [ModelChoice.file(source).path, layers.config].compactMap(\.self))
    try Self.check(target: target)
  }

  /// Throws `EmojifyError.usage` where `target` is called like no model that is written, or what was said of a model of that
  /// name lies beside it: that would outrank what the new one says itself.
  static func check(target: String) throws {
    let url = URL(fileURLWithPath: target)
    let ending = url.pathExtension.lowercased()
    guard endings.contains(ending) else {
      throw EmojifyError.usage(
        "\(target): cannot write '.\(ending)', expected "
          + endings.map { "." + $0 }.joined(separator: ", "))
    }
    let beside = ModelFacts.file(beside: url).relativePath
    guard !FileManager.default.fileExists(atPath: beside) else {
      throw EmojifyError.usage(
        "\(beside): would speak of the model that is to be written to \(target): remove it, or write another file"
      )
    }
  }

  private static let endings = ["h5", "hdf5", "keras"]

  func run(_ terminal: Terminal) throws {
    var (network, metadata, stored) = try read(terminal)
    // They are those of the network as it was.
    if half || temperature != nil { metadata.scores = nil }
    var optimizer: OptimizerState?
    switch stored {
    case .none: break
    case .state(let state) where !half && temperature == nil: optimizer = state
    case .state: terminal.note("left out what the optimizer remembers: the weights change")
    case .unusable(let why): terminal.note("left out what the optimizer remembers: \(why)")
    }
    if let temperature {
      try EmojifyError.naming(source) { try TemperatureScaling(temperature).apply(to: network) }
    }
    try KerasFormat.write(
      network, metadata: metadata, to: URL(fileURLWithPath: target),
      as: half ? .float16 : .float32, optimizer: optimizer)
    let (trainable, other) = network.parameterCount
    let memory = optimizer.map {
      ", and what \(metadata.training?.optimizer ?? "") remembers of "
        + NumberText.count($0.steps, "step")
    }
    terminal.note(
      "wrote \(target): \(NumberText.grouped(trainable + other)) parameters" + (memory ?? ""))
  }

  private func read(_ terminal: Terminal) throws -> (Network, ModelMetadata, StoredOptimizer) {
    let file = ModelChoice.file(source)
    let saysLayers = layers.architecture != nil || layers.config != nil
    if Checkpoint.isAt(file) {
      guard !saysLayers else {
        throw EmojifyError.usage(
          "--architecture and --config are for weights alone; the layers of a checkpoint are those "
            + "of the model beside it")
      }
      // Its layers are read from one of them.
      let folder = file.deletingLastPathComponent()
      try InputGuard.check(
        [target],
        against: ["last.h5", "best.h5"].map { folder.appendingPathComponent($0).path })
      let run = try StoppedRun(checkpoint: file)
      return (run.network, run.metadata, .state(run.optimizer))
    }
    let adoption = try Adoption(of: file) { try layers.read($0) }
    terminal.note(ofGuess: adoption.network.guess, source)
    var stored = try KerasFormat.storedOptimizer(in: file, adoption.metadata.training)
    if saysLayers, case .state = stored { stored = .unusable("the layers were said anew") }
    let facts = adoption.facts
    try adoption.check(facts)
    return (adoption.network, adoption.metadata(with: facts), stored)
  }
}
