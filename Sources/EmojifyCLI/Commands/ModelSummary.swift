import FERCore
import Foundation

/// `emojify model summary`: the layers of a network as a table.
struct ModelSummary: Command {
  static let name = "model summary"
  static let summary = "Show the layers of an architecture, or of a model file and what it says."
  static let examples = [
    Example("emojify model summary emojify", "An architecture by its name."),
    Example("emojify model summary runs/first/best.h5", "A trained network."),
  ]
  static var positionals: [Positional<Self>] {
    [
      .one(
        "MODEL", \.model, values: .wordsOrFiles(Architecture.all.map(\.name)),
        "An architecture's name, or a model file.")
    ]
  }
  static var options: [Option<Self>] {
    [
      .flag("--json", \.json, "Write the layers as JSON."),
      .flag("--csv", \.csv, "Write the layers as CSV."),
    ]
  }

  var common = CommonOptions()
  var model = ""
  var json = false
  var csv = false

  mutating func validate() throws { try atMostOne(of: "--json", "--csv") }

  private struct Report: Encodable {
    let name: String
    let input: [Int]
    let layers: [Row]
    let parameters: Int
    let trainableParameters: Int
    let multiplyAdds: Int
    let output: String
    /// Of a file.
    let known: KnownOfModel?

    enum CodingKeys: String, CodingKey {
      case name, input, layers, parameters, output, known
      case trainableParameters = "trainable_parameters"
      case multiplyAdds = "multiply_adds"
    }
  }

  private struct Row: Encodable {
    let name: String
    let type: String
    let output: [Int]
    let parameters: Int
    let multiplyAdds: Int
    /// How it is computed, where there are several ways.
    let algorithm: String?
    let inputs: [String]

    enum CodingKeys: String, CodingKey {
      case name, type, output, parameters, algorithm, inputs
      case multiplyAdds = "multiply_adds"
    }
  }

  func run(_ terminal: Terminal) throws {
    let (network, outputs, known) = try Self.network(model)
    terminal.note(ofGuess: network.guess, model)
    let rows = Self.rows(network)
    let (trainable, other) = network.parameterCount
    if json {
      return try JSONOutput.write(
        Report(
          name: network.name, input: network.inputShape.dimensions, layers: rows,
          parameters: trainable + other, trainableParameters: trainable,
          multiplyAdds: network.multiplyAdds, output: outputs.kind.rawValue, known: known))
    }
    if csv { return Self.writeCSV(rows) }
    print("\(network.name): input \(network.inputShape)\n")
    let branches = rows.enumerated().contains { index, row in
      row.inputs.count > 1 || (index > 0 && row.inputs != [rows[index - 1].name])
    }
    var table = Table(
      [.left, .left, .right, .right, .left] + (branches ? [.left] : []),
      header: ["layer (type)", "output", "parameters", "MACs", "algorithm"]
        + (branches ? ["takes"] : []))
    for row in rows {
      table.row(
        [
          "\(row.name) (\(row.type))", Shape(row.output).description,
          NumberText.grouped(row.parameters), NumberText.grouped(row.multiplyAdds),
          row.algorithm ?? "",
        ] + (branches ? [row.inputs.joined(separator: ", ")] : []))
    }
    print(table.text)
    print(
      "\nparameters: \(NumberText.grouped(trainable + other)), "
        + "of which \(NumberText.grouped(trainable)) are trained")
    print("multiply-adds an image (MACs): \(NumberText.grouped(network.multiplyAdds))")
    print("outputs: \(outputs.text)")
    known?.lines.forEach { print($0) }
  }

  private static func writeCSV(_ rows: [Row]) {
    CSVOutput.write(
      header: ["name", "type", "output", "parameters", "multiply_adds", "algorithm", "inputs"],
      rows: rows.map {
        [
          $0.name, $0.type, $0.output.map(String.init).joined(separator: "x"), "\($0.parameters)",
          "\($0.multiplyAdds)", $0.algorithm ?? "", $0.inputs.joined(separator: " "),
        ]
      })
  }

  private static func rows(_ network: Network) -> [Row] {
    network.nodes.compactMap { node in
      guard let layer = node.layer else { return nil }
      return Row(
        name: node.name, type: layer.className, output: node.outputShape.dimensions,
        parameters: layer.parameters.reduce(0) { $0 + $1.shape.count },
        multiplyAdds: layer.multiplyAdds(for: network.inputShapes(of: node)),
        algorithm: layer.algorithm(for: network.inputShapes(of: node), mode: .inference),
        inputs: node.inputs.map { network.nodes[$0].name })
    }
  }

  /// What `word` names: an architecture, or else a model file.
  private static func network(_ word: String) throws -> (Network, Outputs, KnownOfModel?) {
    if let architecture = Architecture.named(word) {
      let network = try architecture.network(seed: 0)
      return (network, Outputs(of: network, told: nil), nil)
    }
    guard FileManager.default.fileExists(atPath: word) else {
      let names = Architecture.all.map(\.name)
      let hint = Suggestion.closest(to: word, among: names).map { "did you mean '\($0)'?" }
      throw EmojifyError.missingInput(
        "\(word): no such file, and no architecture of that name; "
          + (hint ?? "there are \(names.listed)"))
    }
    let adoption = try Adoption(of: URL(fileURLWithPath: word))
    return (
      adoption.network, Outputs(of: adoption.network, told: adoption.facts.output),
      KnownOfModel(adoption)
    )
  }
}

/// What a model's file, and the one beside it, say besides its layers.
private struct KnownOfModel: Encodable {
  private let facts: ModelFacts.Report
  private let metadata: ModelMetadata

  init(_ adoption: Adoption) {
    facts = adoption.withRange(adoption.facts).report
    metadata = adoption.metadata
  }

  var lines: [String] {
    var lines = [
      "input range: \(facts.inputRange ?? "unknown")", "channels: \(facts.color ?? "gray")",
      "labels: \(facts.labels?.joined(separator: ", ") ?? "unknown")",
    ]
    let origin = [
      metadata.architecture.map { "architecture \($0)" }, metadata.version.map { "emojify \($0)" },
      metadata.seed.map { "seed \($0)" }, metadata.split.map { "trained on \($0)" },
    ].compactMap(\.self)
    if !origin.isEmpty { lines.append("origin: " + origin.joined(separator: ", ")) }
    for (split, score) in (metadata.scores?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let accuracy = score.objectValue?["accuracy"]?.doubleValue else { continue }
      lines.append("accuracy on \(split): \(NumberText.percent(accuracy))")
    }
    return lines
  }

  private enum CodingKeys: String, CodingKey {
    case architecture, seed, split, recipe, scores, version
  }

  func encode(to encoder: any Encoder) throws {
    try facts.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(metadata.architecture, forKey: .architecture)
    try container.encodeIfPresent(metadata.seed, forKey: .seed)
    try container.encodeIfPresent(metadata.split, forKey: .split)
    try container.encodeIfPresent(metadata.recipe, forKey: .recipe)
    try container.encodeIfPresent(metadata.scores, forKey: .scores)
    try container.encodeIfPresent(metadata.version, forKey: .version)
  }
}
