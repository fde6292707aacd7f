import Foundation

/// What a model file tells beyond the network: attributes `emojify_…` of the file's root, which Keras ignores.
/// docs/model-format.md lists them.
public struct ModelMetadata: Codable, Sendable, Equatable {
  /// Class names in the order of the network's outputs; empty where the file does not say.
  public var labels: [String]
  /// What black and white are in the network's input; nil where the file does not say.
  public var inputRange: InputRange?
  /// What the input's channels are; nil where the file does not say.
  public var color: ColorOrder?
  /// What the outputs are; nil where the file does not say.
  public var output: OutputKind?
  /// The name of the architecture in `emojify model list`, or that of the network the run began with.
  public var architecture: String?
  /// The seed of the run that trained the network.
  public var seed: UInt64?
  /// Which part of which data it was trained on.
  public var split: String?
  /// The whole recipe of the run, as its config.json has it.
  public var recipe: JSONValue?
  /// What the network scored, by split: `{"public": {"accuracy": 0.63, …}}`.
  public var scores: JSONValue?
  /// The version of emojify that trained the network.
  public var version: String?
  /// That of this library.
  public static let ownVersion = "0.1.0"
  /// How the network was trained, in Keras' words.
  public var training: KerasTraining?

  public init(
    labels: [String] = [], architecture: String? = nil, seed: UInt64? = nil, split: String? = nil,
    recipe: JSONValue? = nil, scores: JSONValue? = nil, version: String? = nil,
    inputRange: InputRange? = nil, color: ColorOrder? = nil
  ) {
    self.inputRange = inputRange
    self.color = color
    self.labels = labels
    self.architecture = architecture
    self.seed = seed
    self.split = split
    self.recipe = recipe
    self.scores = scores
    self.version = version
  }

  /// Reads the attributes; a file without them gives empty metadata.
  /// - Throws: `EmojifyError.badData` naming an attribute that says something else than `write` makes it say.
  init(from file: borrowing HDF5File) throws {
    let name = file.name
    func value<Value>(
      _ text: String?, _ attribute: String, _ expected: String, _ make: (String) -> Value?
    ) throws -> Value? {
      guard let text else { return nil }
      guard let value = make(text) else {
        throw EmojifyError.badData(
          "\(name): attribute '\(attribute)' is \(JSONValue.string(text).excerpt), expected \(expected)"
        )
      }
      return value
    }
    let json: (String?, String) throws -> JSONValue? = { text, attribute in
      guard let text else { return nil }
      guard let value = try? JSONValue(parsing: text) else {
        throw EmojifyError.badData("\(name): attribute '\(attribute)' is not valid JSON")
      }
      return value
    }
    labels = try file.strings("emojify_labels") ?? []
    inputRange = try value(
      try file.string("emojify_input_range"), "emojify_input_range", ModelFacts.Expected.inputRange,
      InputRange.init)
    color = try value(
      try file.string("emojify_color"), "emojify_color", ModelFacts.Expected.color,
      ColorOrder.init(rawValue:))
    output = try value(
      try file.string("emojify_output"), "emojify_output", ModelFacts.Expected.output,
      OutputKind.init(rawValue:))
    architecture = try file.string("emojify_architecture")
    seed = try value(
      try file.string("emojify_seed"), "emojify_seed", "a whole number from 0", { UInt64($0) })
    split = try file.string("emojify_split")
    recipe = try json(try file.string("emojify_recipe"), "emojify_recipe")
    scores = try json(try file.string("emojify_scores"), "emojify_scores")
    version = try file.string("emojify_version")
    // One that says nothing to us is no fault of the model.
    training = try file.string("training_config").flatMap { try? JSONValue(parsing: $0) }
      .flatMap(KerasTraining.init)
  }

  func write(to file: borrowing HDF5File) throws {
    if !labels.isEmpty { try file.setStrings(labels, "emojify_labels") }
    if let inputRange { try file.setString(inputRange.text, "emojify_input_range") }
    if let color { try file.setString(color.rawValue, "emojify_color") }
    if let output { try file.setString(output.rawValue, "emojify_output") }
    if let architecture { try file.setString(architecture, "emojify_architecture") }
    // As text: HDF5's and JSON's readers often stop at the signed 64-bit integers.
    if let seed { try file.setString(String(seed), "emojify_seed") }
    if let split { try file.setString(split, "emojify_split") }
    if let recipe { try file.setString(try recipe.text(), "emojify_recipe") }
    if let scores { try file.setString(try scores.text(), "emojify_scores") }
    if let version { try file.setString(version, "emojify_version") }
    if let training { try file.setString(try training.json.text(), "training_config") }
  }
}
