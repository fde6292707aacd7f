import FERCore
import Foundation

/// `emojify model adopt`: says once what a model of somebody else's was trained on.
struct ModelAdopt: Command {
  static let name = "model adopt"
  static let summary = "Write down how a model takes pixels and what its outputs mean."
  static let examples = [
    Example(
      "emojify model adopt emotions.h5 --input-range -1..1 --labels fer",
      "Kept in emotions.h5.json, which every command reads."),
    Example(
      "emojify model adopt emotions.h5 --labels alphabetical --embed adopted.h5",
      "Kept in a copy of the model."),
  ]
  static let discussion = """
    A Keras file holds layers and weights, but not how pixels were scaled or what the outputs mean. What is said here is \
    kept beside the file under its whole name and .json, or with --embed as attributes in a copy, which holds \
    network and weights but no optimizer. Said again, it replaces what was said before. Who does not know asks 'emojify \
    model calibrate'.
    """
  static var positionals: [Positional<Self>] { [.one("MODEL", \.model, ModelChoice.fileOrByName)] }
  static var options: [Option<Self>] {
    ModelOptions.options(\.facts) + [
      .value(
        "--output", "<kind>", \.output, default: "what its last layer tells",
        "What the outputs are: probabilities, logits (softmax makes them such), or scores (each class by itself, as of "
          + "sigmoid; their shares count)."),
      .value(
        "--embed", "<file>", \.embed,
        "Write a copy of the model that says it itself; its ending says which form."),
      .flag("--json", \.json, "Write what is known as JSON."),
    ]
  }

  var common = CommonOptions()
  var model = ""
  var facts = ModelOptions()
  var output: OutputKind?
  var embed: String?
  var json = false

  mutating func validate() throws {
    guard
      facts.inputRange != nil || facts.labels != nil || facts.color != nil || output != nil
        || embed != nil
    else {
      throw EmojifyError.usage(
        "model adopt needs --input-range, --labels, --color, --output or --embed; see 'emojify model adopt "
          + "--help'")
    }
    let file = ModelChoice.file(model)
    guard let embed else {
      guard !ModelChoice.isBundled(file) else {
        throw EmojifyError.usage(
          "\(model) comes with emojify and says itself how it takes pixels and what its outputs mean; --embed makes a copy "
            + "that says otherwise")
      }
      return
    }
    try InputGuard.check([embed], against: [file.path, facts.layers.config].compactMap(\.self))
    try ModelConvert.check(target: embed)
  }

  func run(_ terminal: Terminal) throws {
    let adoption = try Adoption(of: ModelChoice.file(model), facts.read)
    terminal.note(ofGuess: adoption.network.guess, model)
    let told = ModelFacts(
      inputRange: facts.inputRange, color: facts.color,
      labels: try facts.labels.map { try $0.names(classCount: adoption.network.classCount) },
      output: output)
    let known = try adoption.store(told, embed: embed.map { URL(fileURLWithPath: $0) }, terminal)
    let shown = adoption.withRange(known)
    if json { return try JSONOutput.write(shown.report) }
    var table = Table([.left, .left])
    let source = known.inputRange == nil ? ", by its layers or its origin" : ""
    table.row(["input range", shown.inputRange.map { $0.text + source } ?? "unknown"])
    table.row(["channels", known.color?.rawValue ?? "gray"])
    table.row(["labels", known.labels?.joined(separator: ", ") ?? "unknown"])
    table.row(["outputs", Outputs(of: adoption.network, told: known.output).text])
    print(table.text)
  }
}

/// A model file and what is known of it, to be completed.
struct Adoption {
  let file: URL
  let network: Network
  let metadata: ModelMetadata
  /// What the file beside the model says.
  private let beside: ModelFacts

  init(
    of file: URL,
    _ read: (URL) throws -> (network: Network, metadata: ModelMetadata) = {
      try KerasFormat.read($0)
    }
  ) throws {
    self.file = file
    (network, metadata) = try read(file)
    beside = try ModelFacts(beside: file)
  }

  /// What lies beside the model says, and where it is silent the file.
  var facts: ModelFacts { beside.filled(from: ModelFacts(metadata)) }

  /// `facts` with the range that the layers or the origin tell where nothing says one.
  func withRange(_ facts: ModelFacts) -> ModelFacts {
    var shown = facts
    shown.inputRange = facts.range(of: network, metadata)
    return shown
  }

  /// Throws `EmojifyError.badData` where facts that are to be written into a copy do not fit the network.
  func check(_ facts: ModelFacts) throws {
    try facts.checkLabels(of: network.classCount, file, beside: beside)
  }

  /// Keeps `told`, and what was known before where it is silent, beside the model or in the copy `embed`. Returns all
  /// that is known now.
  func store(_ told: ModelFacts, embed: URL?, _ terminal: Terminal) throws -> ModelFacts {
    let kept = told.filled(from: beside)
    let known = kept.filled(from: ModelFacts(metadata))
    try check(known)
    _ = try EmojifyError.naming(file.relativePath) {  // what cannot be is not kept
      try network.takingRawPixels(in: known.inputRange ?? .unit, color: known.color ?? .gray)
        .answeringProbabilities(known.output)
    }
    if let embed {
      try KerasFormat.write(network, metadata: metadata(with: known), to: embed)
      terminal.note("wrote \(embed.relativePath)")
    } else {
      terminal.note("wrote \(try kept.write(beside: file).relativePath)")
    }
    return known
  }

  /// The file's own metadata with `facts` in it.
  func metadata(with facts: ModelFacts) -> ModelMetadata {
    var result = metadata
    result.inputRange = facts.inputRange
    result.color = facts.color
    result.output = facts.output
    result.labels = facts.labels ?? []
    return result
  }
}

extension ModelFacts {
  /// As commands write it.
  struct Report: Encodable {
    let inputRange: String?
    let color: String?
    let labels: [String]?
    let output: String?

    enum CodingKeys: String, CodingKey {
      case color, labels, output
      case inputRange = "input_range"
    }
  }

  var report: Report {
    Report(
      inputRange: inputRange?.text, color: color?.rawValue, labels: labels,
      output: output?.rawValue)
  }
}
