/// A Keras `model_config`: layers by name and who feeds whom, free of the several ways Keras has written it.
///
/// Read are Sequential (a bare list of layers in Keras 1 and 2.0-2.2, a dictionary since) and Functional (called
/// `Model` before Keras 2.4), with inbound nodes as the nested lists of Keras 2 or the `__keras_tensor__` dictionaries
/// of Keras 3. Written is the form both Keras 2 and 3 take.
struct KerasGraph {
  struct Node: Equatable {
    let className: String
    let name: String
    var config: [String: JSONValue]
    /// Names of the layers whose outputs this one takes, in order.
    let inputs: [String]
  }

  let name: String
  /// Each after those it takes its inputs from; the first is the InputLayer.
  let nodes: [Node]
  let output: String

  /// No published network comes near; a file beyond is not a model.
  private static let mostLayers = 10_000

  // MARK: Reading

  init(parsing text: String, file: String) throws {
    guard let json = try? JSONValue(parsing: text) else {
      throw EmojifyError.badData("\(file): 'model_config' is not valid JSON")
    }
    let className = json["class_name"]?.stringValue
    switch (className, json["config"]) {
    case ("Sequential", .some(let config)):
      self = try Self.sequential(config, file: file)
    case ("Functional", .some(let config)), ("Model", .some(let config)):
      self = try Self.functional(config, file: file)
    case (let className, _):
      throw EmojifyError.badData(
        "\(file): 'model_config' describes a \(className ?? json.excerpt), "
          + "expected Sequential, Functional or Model")
    }
  }

  private init(name: String, nodes: [Node], output: String) {
    self.name = name
    self.nodes = nodes
    self.output = output
  }

  private static func sequential(_ config: JSONValue, file: String) throws -> KerasGraph {
    let layers = try layerList(config.arrayValue ?? config["layers"]?.arrayValue, file: file)
    var nodes: [Node] = []
    for (position, layer) in layers.enumerated() {
      var (className, settings, name) = try header(of: layer, at: position, file: file)
      if position == 0, className != "InputLayer" {
        // Without an InputLayer the shape is in the first layer, or in the model.
        let shape = settings["batch_input_shape"] ?? config["build_input_shape"]
        let inputName = name + "_input"
        nodes.append(
          Node(
            className: "InputLayer", name: inputName,
            config: shape.map { ["batch_input_shape": $0] } ?? [:], inputs: []))
      }
      settings["batch_input_shape"] =
        className == "InputLayer" ? settings["batch_input_shape"] : nil
      nodes.append(
        Node(
          className: className, name: name, config: settings,
          inputs: nodes.last.map { [$0.name] } ?? []))
    }
    try requireUniqueNames(nodes, file: file)
    return KerasGraph(
      name: config["name"]?.stringValue ?? "sequential", nodes: nodes, output: nodes.last!.name)
  }

  private static func functional(_ config: JSONValue, file: String) throws -> KerasGraph {
    let layers = try layerList(config["layers"]?.arrayValue, file: file)
    var nodes: [Node] = []
    for (position, layer) in layers.enumerated() {
      let (className, settings, name) = try header(of: layer, at: position, file: file)
      let calls = layer["inbound_nodes"]?.arrayValue ?? []
      guard calls.count <= 1 else {
        throw EmojifyError.badData(
          "\(file): layer \(position) '\(name)' (\(className)) is used \(calls.count) times, "
            + "expected once")
      }
      var inputs: [String] = []
      for call in calls { try references(in: call, layer: name, file: file, into: &inputs) }
      nodes.append(Node(className: className, name: name, config: settings, inputs: inputs))
    }
    try requireUniqueNames(nodes, file: file)
    let input = try singleEnd(config["input_layers"], "input", file: file)
    let output = try singleEnd(config["output_layers"], "output", file: file)
    let sorted = try topologicallySorted(nodes, file: file)
    guard sorted[0].name == input, nodes.filter({ $0.inputs.isEmpty }).count == 1 else {
      throw EmojifyError.badData("\(file): the layers do not start at one input, '\(input)'")
    }
    return KerasGraph(
      name: config["name"]?.stringValue ?? "functional", nodes: sorted, output: output)
  }

  private static func layerList(_ layers: [JSONValue]?, file: String) throws -> [JSONValue] {
    guard let layers, (1...mostLayers).contains(layers.count) else {
      throw EmojifyError.badData(
        "\(file): 'model_config' has \(layers.map { "\($0.count) layers" } ?? "no list of layers"), "
          + "expected 1 to \(mostLayers)")
    }
    return layers
  }

  private static func header(
    of layer: JSONValue, at position: Int, file: String
  ) throws -> (className: String, config: [String: JSONValue], name: String) {
    guard let className = layer["class_name"]?.stringValue,
      let config = layer["config"]?.objectValue
    else {
      throw EmojifyError.badData(
        "\(file): layer \(position) of 'model_config' is \(layer.excerpt), "
          + "expected an object with class_name and config")
    }
    guard let name = layer["name"]?.stringValue ?? config["name"]?.stringValue, !name.isEmpty else {
      throw EmojifyError.badData("\(file): layer \(position) (\(className)) has no name")
    }
    return (className, config, name)
  }

  /// Collects the names of the layers a call's tensors come from, in order.
  private static func references(
    in value: JSONValue, layer: String, file: String, into inputs: inout [String]
  ) throws {
    func unsupported(_ what: String) -> EmojifyError {
      .badData("\(file): layer '\(layer)' is called with \(what), expected only tensors")
    }
    func add(_ history: [JSONValue]) throws {
      guard history.count >= 3, let name = history[0].stringValue, history[1] == 0,
        history[2] == 0
      else { throw unsupported(JSONValue.array(history).excerpt) }
      inputs.append(name)
    }
    func requireNoArguments(_ arguments: JSONValue?) throws {
      for (key, value) in arguments?.objectValue ?? [:]
      where !(value.isNull || key == "training" && value == false) {
        throw unsupported("'\(key)' = \(value.excerpt)")
      }
    }
    switch value {
    case .array(let list):
      if list.first?.stringValue != nil {  // Keras 2: [name, node, tensor, keyword arguments]
        try add(list)
        try requireNoArguments(list.dropFirst(3).first)
      } else {
        for element in list { try references(in: element, layer: layer, file: file, into: &inputs) }
      }
    case .object(let object):
      if object["class_name"] == "__keras_tensor__" {
        try add(object["config"]?["keras_history"]?.arrayValue ?? [])
      } else if let arguments = object["args"] {
        try references(in: arguments, layer: layer, file: file, into: &inputs)
        try requireNoArguments(object["kwargs"])
      } else {
        throw unsupported(value.excerpt)
      }
    default: throw unsupported(value.excerpt)
    }
  }

  /// `["name", 0, 0]`, alone (Keras 3) or in a list (Keras 2).
  private static func singleEnd(_ value: JSONValue?, _ what: String, file: String) throws -> String
  {
    var list = value?.arrayValue ?? []
    if let inner = list.first?.arrayValue {
      guard list.count == 1 else {
        throw EmojifyError.badData("\(file): the model has \(list.count) \(what)s, expected 1")
      }
      list = inner
    }
    guard let name = list.first?.stringValue else {
      throw EmojifyError.badData("\(file): 'model_config' does not name the model's \(what)")
    }
    return name
  }

  private static func requireUniqueNames(_ nodes: [Node], file: String) throws {
    var seen: Set<String> = []
    for node in nodes where !seen.insert(node.name).inserted {
      throw EmojifyError.badData("\(file): two layers are called '\(node.name)'")
    }
  }

  /// In the file's order as far as each layer comes after its inputs.
  private static func topologicallySorted(_ nodes: [Node], file: String) throws -> [Node] {
    var sorted: [Node] = []
    var placed: Set<String> = []
    var waiting = nodes
    while !waiting.isEmpty {
      var later: [Node] = []
      for node in waiting {
        if node.inputs.allSatisfy(placed.contains) {
          placed.insert(node.name)
          sorted.append(node)
        } else {
          later.append(node)
        }
      }
      guard later.count < waiting.count else {
        let missing = later[0].inputs.first { !placed.contains($0) } ?? ""
        throw EmojifyError.badData(
          "\(file): layer '\(later[0].name)' takes the output of '\(missing)', "
            + "which is not in the model or depends on it")
      }
      waiting = later
    }
    return sorted
  }

  // MARK: Writing

  /// A graph to be written; its layers are put in Keras' own order.
  init(name: String, layers: [Node], output: String) {
    self.init(name: name, nodes: Self.inKerasOrder(layers, output: output), output: output)
  }

  /// Whether every layer takes the one before it and nothing else.
  var isChain: Bool {
    zip(nodes, nodes.dropFirst()).allSatisfy { $1.inputs == [$0.name] }
      && output == nodes.last?.name
  }

  /// The `model_config` that Keras 2 and 3 both read.
  var json: JSONValue {
    let layers = nodes.map { node -> JSONValue in
      var layer: [String: JSONValue] = [
        "class_name": .string(node.className),
        "config": .object(node.config.merging(["name": .string(node.name)]) { $1 }),
      ]
      if !isChain {
        layer["name"] = .string(node.name)
        let call = node.inputs.map { JSONValue.array([.string($0), 0, 0, [:]]) }
        layer["inbound_nodes"] = call.isEmpty ? [] : [.array(call)]
      }
      return .object(layer)
    }
    var config: [String: JSONValue] = ["name": .string(name), "layers": .array(layers)]
    if !isChain {
      config["input_layers"] = [[.string(nodes[0].name), 0, 0]]
      config["output_layers"] = [[.string(output), 0, 0]]
    }
    return ["class_name": isChain ? "Sequential" : "Functional", "config": .object(config)]
  }

  /// The order in which Keras lists the layers of a graph after loading it: by distance from the output, farthest
  /// first, then by a depth-first walk from the output. Keras matches weights to layers by this order and not by name,
  /// so the list of layers in a file must have it (`_map_graph_network` in Keras 2, `map_graph` in 3).
  static func inKerasOrder(_ nodes: [Node], output: String) -> [Node] {
    let byName = Dictionary(nodes.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    var visited: [String: Int] = [:]
    func visit(_ name: String) {
      guard visited[name] == nil, let node = byName[name] else { return }
      visited[name] = visited.count
      node.inputs.forEach(visit)
    }
    visit(output)
    var depth: [String: Int] = [:]
    for node in nodes.reversed() {  // after all that take its output
      let own = depth[node.name, default: 0]
      depth[node.name] = own
      for input in node.inputs { depth[input] = max(depth[input, default: 0], own + 1) }
    }
    return nodes.sorted {
      let depths = (depth[$0.name, default: 0], depth[$1.name, default: 0])
      return depths.0 != depths.1
        ? depths.0 > depths.1 : visited[$0.name, default: 0] < visited[$1.name, default: 0]
    }
  }
}
