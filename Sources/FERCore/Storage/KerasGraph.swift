/// A Keras `model_config`: layers by name and who feeds whom, free of the several ways Keras has written it
/// (`KerasGraphReader` reads them). Models inside the model are opened: their layers stand among the others. Written is
/// the form both Keras 2 and 3 take.
struct KerasGraph {
  struct Node: Equatable {
    let className: String
    let name: String
    var config: [String: JSONValue]
    /// Names of the layers whose outputs this one takes, in order.
    let inputs: [String]
    /// Where a file of weights has this layer's.
    var address = KerasAddress()
  }

  let name: String
  /// Each after those it takes its inputs from; the first is the InputLayer.
  let nodes: [Node]
  let output: String

  /// A graph whose nodes are in order already.
  init(name: String, nodes: [Node], output: String) {
    self.name = name
    self.nodes = nodes
    self.output = output
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
