/// Where a file of weights has those of a layer, which may lie in models inside the model.
struct KerasAddress: Equatable {
  /// Names, from the outermost model's layer to the layer itself: what legacy files go by.
  var names: [String] = []
  /// Class names in snake case, numbered among the layers of one model: what Keras 3's `.weights.h5` goes by.
  var kinds: [String] = []
  /// False where the layer, or a model it lies in, was frozen when it was saved.
  var isTrainable = true

  func appending(name: String, kind: String, isTrainable: Bool) -> KerasAddress {
    KerasAddress(
      names: names + [name], kinds: kinds + [kind], isTrainable: self.isTrainable && isTrainable)
  }
}

/// Reads a Keras `model_config`.
///
/// Read are Sequential (a bare list of layers in Keras 1 and 2.0-2.2, a dictionary since) and Functional (called
/// `Model` before Keras 2.4), with inbound nodes as the nested lists of Keras 2 or the `__keras_tensor__` dictionaries
/// of Keras 3. A model used as a layer is replaced by its layers.
struct KerasGraphReader {
  /// No published network comes near; a file beyond is not a model.
  private static let mostLayers = 10_000
  private static let deepestNesting = 16
  private static let models: Set<String> = ["Sequential", "Functional", "Model"]

  private let file: String
  private var nodes: [KerasGraph.Node] = []
  private var taken: Set<String> = []

  /// A layer as a model lists it.
  private struct Entry {
    let position: Int
    var className: String
    let name: String
    var config: JSONValue
    /// Names of layers of the same model.
    var inputs: [String]
    let kind: String

    var isModel: Bool { KerasGraphReader.models.contains(className) }
    var settings: [String: JSONValue] { config.objectValue ?? [:] }
  }

  private init(file: String) { self.file = file }

  /// - Parameter text: a `model_config`; errors name `file` as where it comes from.
  static func graph(parsing text: String, file: String) throws -> KerasGraph {
    guard let json = try? JSONValue(parsing: text) else {
      throw EmojifyError.badData("\(file): 'model_config' is not valid JSON")
    }
    return try graph(json, file: file)
  }

  static func graph(_ json: JSONValue, file: String) throws -> KerasGraph {
    let className = json["class_name"]?.stringValue
    guard let className, models.contains(className), let config = json["config"] else {
      throw EmojifyError.badData(
        "\(file): 'model_config' describes a \(className ?? json.excerpt), "
          + "expected Sequential, Functional or Model")
    }
    var reader = KerasGraphReader(file: file)
    let output = try reader.add(className, config, inputs: nil, at: KerasAddress())
    let name = config["name"]?.stringValue ?? NetworkBuilder.snakeCase(className)
    return KerasGraph(name: name, nodes: reader.nodes, output: output)
  }

  /// Adds a model's layers and returns the name of the one that answers.
  /// - Parameter inputs: the layers it takes its inputs from; nil for the outermost model, which has an input of its own.
  private mutating func add(
    _ className: String, _ config: JSONValue, inputs: [String]?, at address: KerasAddress
  ) throws -> String {
    guard address.names.count <= Self.deepestNesting else {
      throw bad("models lie in models more than \(Self.deepestNesting) deep")
    }
    return className == "Sequential"
      ? try addSequential(config, inputs: inputs, at: address)
      : try addFunctional(config, inputs: inputs, at: address)
  }

  private func bad(_ what: String) -> EmojifyError { .badData("\(file): \(what)") }

  // MARK: Sequential

  private mutating func addSequential(
    _ config: JSONValue, inputs: [String]?, at address: KerasAddress
  ) throws -> String {
    let entries = try entries(of: config.arrayValue ?? config["layers"]?.arrayValue)
    var last = inputs?.first
    if let inputs, inputs.count != 1 {
      throw bad("a Sequential inside the model takes \(inputs.count) inputs, expected 1")
    }
    for entry in entries {
      if entry.className == "InputLayer" {
        if last == nil { last = addInput(entry.name, entry.settings) }
        continue
      }
      if last == nil {
        // Without an InputLayer the shape is in the first layer, or in the model.
        let shape = Self.inputShape(of: entry.config) ?? config["build_input_shape"]
        last = addInput(entry.name + "_input", shape.map { ["batch_input_shape": $0] } ?? [:])
      }
      last = try add(entry, inputs: last.map { [$0] } ?? [], at: address)
    }
    guard let last else { throw bad("a Sequential has no layers") }
    return last
  }

  /// The shape that a layer, or the first layer of a model, declares for its input.
  private static func inputShape(of config: JSONValue) -> JSONValue? {
    if let own = config["batch_input_shape"] ?? config["batch_shape"], !own.isNull { return own }
    let layers = config.arrayValue ?? config["layers"]?.arrayValue
    return layers?.first?["config"].flatMap(inputShape)
  }

  private mutating func addInput(_ name: String, _ config: [String: JSONValue]) -> String {
    taken.insert(name)
    nodes.append(
      KerasGraph.Node(className: "InputLayer", name: name, config: config, inputs: []))
    return name
  }

  private mutating func add(
    _ entry: Entry, inputs: [String], at address: KerasAddress
  ) throws -> String {
    let isTrainable = entry.settings["trainable"]?.boolValue ?? true
    let own = address.appending(name: entry.name, kind: entry.kind, isTrainable: isTrainable)
    if entry.isModel { return try add(entry.className, entry.config, inputs: inputs, at: own) }
    // Layers of different models may have one name.
    var name = entry.name
    if taken.contains(name) { name = own.names.joined(separator: "_") }
    while !taken.insert(name).inserted { name += "_" }
    var settings = entry.settings
    settings["batch_input_shape"] = nil
    nodes.append(
      KerasGraph.Node(
        className: entry.className, name: name, config: settings, inputs: inputs, address: own))
    return name
  }

  // MARK: Functional

  private mutating func addFunctional(
    _ config: JSONValue, inputs: [String]?, at address: KerasAddress
  ) throws -> String {
    let layers = config["layers"]?.arrayValue
    var entries = try entries(of: layers)
    let models = Set(entries.filter(\.isModel).map(\.name))
    for index in entries.indices {
      let calls = layers?[index]["inbound_nodes"]?.arrayValue ?? []
      let entry = entries[index]
      guard calls.count <= 1 else {
        throw bad(
          "layer \(entry.position) '\(entry.name)' (\(entry.className)) is used \(calls.count) times, "
            + "expected once")
      }
      let isOperation = layers.map { KerasOperations.isOperation($0[index]) } ?? false
      let reader = KerasCallReader(
        file: file, layer: entry.name, isOperation: isOperation, models: models)
      guard let call = try calls.first.map({ try reader.call($0) }) else { continue }
      entries[index].inputs = call.inputs
      if isOperation, let layer = KerasOperations.layer(entry.className, entry.config, call) {
        (entries[index].className, entries[index].config) = layer
      } else if let constant = call.constant {
        throw bad(
          "layer \(entry.position) '\(entry.name)' (\(entry.className)) is called with \(constant.value), "
            + "expected only tensors")
      }
    }
    let starts = try ends(config["input_layers"], "input")
    let outputs = try ends(config["output_layers"], "output")
    guard outputs.count == 1 else {
      throw bad("the model has \(outputs.count) outputs, expected 1")
    }
    guard starts.count == (inputs?.count ?? 1) else {
      throw bad("the model has \(starts.count) inputs, expected \(inputs?.count ?? 1)")
    }
    let sorted = try topologicallySorted(entries)
    guard Set(sorted.filter { $0.inputs.isEmpty }.map(\.name)) == Set(starts) else {
      throw bad("the layers do not start at one input, '\(starts[0])'")
    }
    // By name in this model: the node that has the layer's output.
    var outputOf: [String: String] = [:]
    for entry in sorted {
      if entry.inputs.isEmpty {
        let given = starts.firstIndex(of: entry.name).flatMap { inputs?[$0] }
        outputOf[entry.name] = given ?? addInput(entry.name, entry.settings)
      } else {
        outputOf[entry.name] = try add(
          entry, inputs: entry.inputs.compactMap { outputOf[$0] }, at: address)
      }
    }
    guard let output = outputOf[outputs[0]] else {
      throw bad("the output layer '\(outputs[0])' is not in the model")
    }
    return output
  }

  private func entries(of layers: [JSONValue]?) throws -> [Entry] {
    guard let layers, (1...Self.mostLayers).contains(layers.count), nodes.count < Self.mostLayers
    else {
      throw bad(
        "'model_config' has \(layers.map { "\($0.count) layers" } ?? "no list of layers"), "
          + "expected 1 to \(Self.mostLayers)")
    }
    var seen: Set<String> = []
    var kinds = KerasKinds()
    return try layers.enumerated().map { position, layer in
      let className = layer["class_name"]?.stringValue
      guard let className, let config = layer["config"],
        config.objectValue != nil || className == "Sequential" && config.arrayValue != nil
      else {
        throw bad(
          "layer \(position) of 'model_config' is \(layer.excerpt), "
            + "expected an object with class_name and config")
      }
      let name =
        layer["name"]?.stringValue ?? config["name"]?.stringValue
        ?? (config.arrayValue == nil ? "" : "sequential_\(position)")
      guard !name.isEmpty else { throw bad("layer \(position) (\(className)) has no name") }
      guard seen.insert(name).inserted else { throw bad("two layers are called '\(name)'") }
      return Entry(
        position: position, className: className, name: name, config: config, inputs: [],
        kind: kinds.next(className))
    }
  }

  /// Names of the layers where a model starts or ends: `["name", 0, 0]`, alone (Keras 3) or in a list (Keras 2).
  private func ends(_ value: JSONValue?, _ what: String) throws -> [String] {
    let list = value?.arrayValue ?? []
    let ends = list.first?.stringValue == nil ? list : [.array(list)]
    let names = ends.compactMap { $0.arrayValue?.first?.stringValue }
    guard !names.isEmpty, names.count == ends.count else {
      throw bad("'model_config' does not name the model's \(what)")
    }
    return names
  }

  /// In the file's order as far as each layer comes after its inputs.
  private func topologicallySorted(_ entries: [Entry]) throws -> [Entry] {
    var sorted: [Entry] = []
    var placed: Set<String> = []
    var waiting = entries
    while !waiting.isEmpty {
      var later: [Entry] = []
      for entry in waiting {
        if entry.inputs.allSatisfy(placed.contains) {
          placed.insert(entry.name)
          sorted.append(entry)
        } else {
          later.append(entry)
        }
      }
      guard later.count < waiting.count else {
        let missing = later[0].inputs.first { !placed.contains($0) } ?? ""
        throw bad(
          "layer '\(later[0].name)' takes the output of '\(missing)', "
            + "which is not in the model or depends on it")
      }
      waiting = later
    }
    return sorted
  }
}
