/// Makes a network of a Keras graph, holding each layer against the weights of the file before memory is taken for it:
/// a configuration can ask for any size, but only for one whose weights the file has.
enum KerasNetworkBuilder {
  /// Bounds that keep every product of extents far from overflow and any activation below 2 GiB a sample.
  private static let largestSide = 1 << 16
  private static let largestActivation = 1 << 29

  static func network(
    of graph: KerasGraph, weights: KerasWeights, _ file: borrowing HDF5File
  ) throws -> Network {
    let name = file.name
    let inputShape = try inputShape(of: graph.nodes[0], file: name)
    var builder = NetworkBuilder(
      name: graph.name, inputShape: inputShape, inputName: graph.nodes[0].name)
    var handles = [graph.nodes[0].name: builder.input]
    for (position, node) in graph.nodes.enumerated().dropFirst() {
      let inputs = node.inputs.compactMap { handles[$0] }
      let shapes = inputs.map { builder.shape(of: $0) }
      let config = KerasConfig(
        file: name, layer: node.name, position: position, className: node.className,
        inputs: shapes, values: node.config)
      let coder = try KerasLayers.coder(for: config)
      let handle: NetworkBuilder.Handle
      do {
        handle = try builder.add(try coder.decode(config), name: node.name, to: inputs)
      } catch EmojifyError.badData(let message) where !message.hasPrefix(name) {
        throw EmojifyError.badData("\(name): \(message)")
      }
      let output = builder.shape(of: handle)
      guard output.dimensions.dropLast().allSatisfy({ $0 <= largestSide }),
        output.count <= largestActivation
      else { throw config.error("gives an output of shape \(output), which is too large") }
      // A layer declares its parameters once, so a twin of it tells their shapes.
      let twin = try coder.decode(config)
      twin.build(for: shapes)
      try weights.check(twin.parameters, of: node.name, file)
      handles[node.name] = handle
    }
    guard let output = handles[graph.output] else {
      throw EmojifyError.badData("\(name): the output layer '\(graph.output)' is not in the model")
    }
    let network: Network
    do {
      network = try builder.build(output: output, seed: 0)
    } catch EmojifyError.badData(let message) {
      throw EmojifyError.badData("\(name): \(message)")
    }
    for node in network.nodes {
      try weights.read(node.layer?.parameters ?? [], of: node.name, file)
    }
    network.parametersChanged()
    return network
  }

  /// The per-sample shape an InputLayer declares: `batch_input_shape` in Keras 2, `batch_shape` in 3.
  private static func inputShape(of node: KerasGraph.Node, file: String) throws -> Shape {
    let declared = node.config["batch_input_shape"] ?? node.config["batch_shape"]
    let sides = (declared?.arrayValue ?? []).dropFirst().map { $0.intValue ?? 0 }
    guard node.className == "InputLayer", (1...3).contains(sides.count),
      sides.allSatisfy({ (1...largestSide).contains($0) }), sides.reduce(1, *) <= largestActivation
    else {
      throw EmojifyError.badData(
        "\(file): the input '\(node.name)' has shape \(declared?.excerpt ?? "unknown"), "
          + "expected [null, height, width, channels] with fixed sides")
    }
    return Shape(sides)
  }
}
