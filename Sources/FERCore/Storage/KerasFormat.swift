import Foundation

/// Networks in Keras' HDF5 layout (the "legacy" `.h5` of Keras 2 and 3): Keras opens what is written here, and files
/// Keras wrote are read. docs/model-format.md describes the file.
///
/// Read are chains (Sequential) and graphs with one input and one output (Functional, Model) of the layers in
/// `KerasLayers`. Errors name the file, the layer, what was expected and what was found.
public enum KerasFormat {
  /// The Keras whose layout is written; both Keras 2 and 3 accept it. Marked as of Keras 3 is what only that computes.
  static let kerasVersion = "2.15.0"

  // MARK: Writing

  /// Replaces `url` by a file of the network, atomically: an archive of Keras 3 where its name ends in `.keras`, else HDF5.
  ///
  /// - Parameter values: other numbers in place of the network's, laid out like `network.values` (their moving average).
  /// - Parameter width: how weights are kept; float16 halves the file and rounds them.
  /// - Parameter optimizer: what that of `metadata.training` remembers; layers it does not know are written as frozen.
  public static func write(
    _ network: Network, metadata: ModelMetadata, to url: URL, values: FloatBuffer? = nil,
    as width: HDF5File.FloatWidth = .float32, optimizer: OptimizerState? = nil
  ) throws {
    if width == .float16 { try checkHalf(network, values, for: url) }
    guard url.pathExtension.lowercased() == "keras" else {
      try HDF5File.write(to: url) { file in
        try write(
          network, metadata: metadata, to: file, values: values, as: width, optimizer: optimizer)
      }
      return
    }
    guard !uses(hardSigmoidOfKeras2, network) else {
      throw EmojifyError.badData(
        "\(url.relativePath): the network has the hard sigmoid of Keras 2, which Keras 3 computes otherwise: save it as .h5"
      )
    }
    let graph = try graph(of: network, optimizer)
    let archive = try KerasArchive.data(of: graph, metadata.training) { file in
      try metadata.write(to: file)
      var kinds = KerasKinds()
      for node in graph.nodes.dropFirst(graph.isChain ? 1 : 0) {
        let group = "layers/\(kinds.next(node.className))/vars"
        let parameters = network.node(named: node.name)?.layer?.parameters ?? []
        try file.makeGroup(group)
        for (place, parameter) in parameters.enumerated() {
          let numbers = view(of: parameter, of: network, in: values)
          try file.write(numbers, to: "\(group)/\(place)", as: width)
        }
      }
      if let training = metadata.training {
        try optimizer?.write(
          as: .archive, training, of: network, layers: graph.nodes.map(\.name), to: file)
      }
    }
    try AtomicFile.write(archive, to: url)
  }

  /// Writes the network's attributes and the group `model_weights` to an open file, which may hold more.
  public static func write(
    _ network: Network, metadata: ModelMetadata, to file: borrowing HDF5File,
    values: FloatBuffer? = nil, as width: HDF5File.FloatWidth = .float32,
    optimizer: OptimizerState? = nil
  ) throws {
    let graph = try graph(of: network, optimizer)
    let isKeras3 = ofKeras3.contains { uses($0, network) }
    guard !isKeras3 || !uses(hardSigmoidOfKeras2, network) else {
      throw EmojifyError.badData(
        "\(file.name): the network has the hard sigmoid of Keras 2 and a function of Keras 3 alone: no file can say both"
      )
    }
    let kerasVersion = isKeras3 ? KerasArchive.kerasVersion : kerasVersion
    try file.setString(kerasVersion, "keras_version")
    try file.setString("tensorflow", "backend")
    try file.setString(try graph.json.text(), "model_config")
    try metadata.write(to: file)
    let root = "model_weights"
    try file.makeGroup(root)
    try file.setString(kerasVersion, "keras_version", of: root)
    try file.setString("tensorflow", "backend", of: root)
    // A Sequential does not count its InputLayer among its layers.
    let names = graph.nodes.dropFirst(graph.isChain ? 1 : 0).map(\.name)
    try file.setStrings(names, "layer_names", of: root)
    for name in names {
      let parameters = network.node(named: name)?.layer?.parameters ?? []
      try file.makeGroup("\(root)/\(name)")
      try file.setStrings(
        parameters.map { "\(name)/\($0.name):0" }, "weight_names", of: "\(root)/\(name)")
      for parameter in parameters {
        let path = "\(root)/\(name)/\(name)/\(parameter.name):0"
        try file.write(view(of: parameter, of: network, in: values), to: path, as: width)
      }
    }
    if let training = metadata.training {
      try optimizer?.write(
        as: isKeras3 ? .legacyOfKeras3 : .legacy, training, of: network, layers: names, to: file)
    }
  }

  /// Throws `EmojifyError.badData` naming a parameter that has a number beyond those of 16 bits, which would become infinite.
  private static func checkHalf(_ network: Network, _ values: FloatBuffer?, for url: URL) throws {
    let limit: Float = 65520
    for node in network.nodes {
      for parameter in node.layer?.parameters ?? [] {
        let numbers = view(of: parameter, of: network, in: values)
        for index in 0..<numbers.shape.count {
          let number = numbers.base[index]
          guard number.isFinite, abs(number) >= limit else { continue }
          throw EmojifyError.badData(
            "\(url.relativePath): '\(node.name)/\(parameter.name)' has \(number), which 16 bits cannot hold (65,504 at most)"
          )
        }
      }
    }
  }

  // One name, two functions: which Keras a file is of says which is meant.
  private static let hardSigmoidOfKeras2 = ActivationFunction(
    name: "hard_sigmoid", kerasVersion: 2)
  /// What Keras 2 does not have: a file of a network with one of them is of Keras 3.
  private static let ofKeras3 = [
    ActivationFunction(name: "hard_sigmoid", kerasVersion: 3), .hardSiLU, .logSoftmax,
  ]

  private static func uses(_ function: ActivationFunction?, _ network: Network) -> Bool {
    network.nodes.contains { node in
      node.layer.flatMap(KerasLayers.function) == function
    }
  }

  private static func view(
    of parameter: Parameter, of network: Network, in values: FloatBuffer?
  ) -> TensorView {
    guard let values else { return parameter.value.view }
    precondition(values.count == network.values.count, "values of another network")
    let offset = parameter.value.base - network.values.base
    return TensorView(base: values.base + offset, shape: parameter.shape)
  }

  static func graph(
    of network: Network, _ optimizer: OptimizerState? = nil
  ) throws -> KerasGraph {
    // By node of the network: the layer in the file that has its output.
    var names: [String] = []
    var nodes: [KerasGraph.Node] = []
    for node in network.nodes {
      let inputs = node.inputs.map { names[$0] }
      names.append(node.name)
      guard let layer = node.layer else {
        nodes.append(inputLayer(node))
        continue
      }
      var (className, config) = try KerasLayers.encode(layer, name: node.name)
      let function = (layer as? Activation)?.function
      let inner = KerasLayers.innerActivation(of: layer).flatMap {
        KerasLayers.hasName($0) ? nil : $0
      }
      guard ![function, inner].contains(.gelu(isApproximate: true)) else {
        throw EmojifyError.badData(
          "layer '\(node.name)': Keras files cannot say GELU's approximation by tanh")
      }
      if inner != nil { config["activation"] = "linear" }
      let isFrozen = optimizer?.freezes(node, of: network) ?? network.frozen.contains(node.name)
      if isFrozen { config["trainable"] = false }
      nodes.append(
        KerasGraph.Node(className: className, name: node.name, config: config, inputs: inputs))
      // A function inside a layer that Keras has no name for becomes a layer behind it.
      guard let inner else { continue }
      let name = network.unusedName(node.name + "_activation")
      let (innerClass, settings) = try KerasLayers.encode(Activation(inner), name: name)
      nodes.append(
        KerasGraph.Node(className: innerClass, name: name, config: settings, inputs: [node.name]))
      names[names.count - 1] = name
    }
    return KerasGraph(
      name: network.name, layers: nodes, output: names[names.count - 1])
  }

  private static func inputLayer(_ node: Network.Node) -> KerasGraph.Node {
    let shape: [JSONValue] = [.null] + node.outputShape.dimensions.map { .number(Double($0)) }
    return KerasGraph.Node(
      className: "InputLayer", name: node.name,
      config: [
        "batch_input_shape": .array(shape), "dtype": "float32", "sparse": false, "ragged": false,
        "name": .string(node.name),
      ], inputs: [])
  }

  // MARK: Reading

  /// Reads a network and what its file tells about it: HDF5 or an archive of Keras 3, told apart by their first bytes.
  /// - Parameter structure: what says the layers where the file holds weights only; said of a whole model, it counts.
  public static func read(
    _ url: URL, structure: ModelStructure? = nil
  ) throws -> (network: Network, metadata: ModelMetadata) {
    guard ForeignFile.unreadable(url) == nil, KerasArchive.isArchive(url) else {
      return try read(from: HDF5File(reading: url), structure: structure)
    }
    return try KerasArchive.read(url) { config, version, file in
      let network: Network
      if let structure {
        network = try self.network(structure, file)
      } else {
        let name = url.relativePath
        let graph = try KerasGraphReader.graph(parsing: config, file: name)
        let origin = KerasOrigin(version: version.flatMap(KerasOrigin.major) ?? 3)
        network = try KerasNetworkBuilder.network(
          of: graph, origin: origin, weights: KerasWeights(file), file)
      }
      var (made, metadata) = try finished(network, file)
      if metadata.training == nil {
        metadata.training = (try? JSONValue(parsing: config))?["compile_config"]
          .flatMap(KerasTraining.init)
      }
      return (made, metadata)
    }
  }

  /// Reads the network of an open file.
  public static func read(
    from file: borrowing HDF5File, structure: ModelStructure? = nil
  ) throws -> (network: Network, metadata: ModelMetadata) {
    if let structure {
      return try finished(network(structure, file), file)
    }
    guard let config = try file.string("model_config") else { throw try noModel(in: file) }
    let graph = try KerasGraphReader.graph(parsing: config, file: file.name)
    let network = try KerasNetworkBuilder.network(
      of: graph, origin: KerasOrigin(file), weights: KerasWeights(file), file)
    return try finished(network, file)
  }

  /// A network that is said elsewhere, with the weights of the file.
  private static func network(
    _ structure: ModelStructure, _ file: borrowing HDF5File
  ) throws -> Network {
    switch structure {
    case .network(let network):
      try readWeights(from: file, into: network)
      return network
    case .configuration(let url):
      let name = url.relativePath
      if let complaint = ForeignFile.unreadable(url) {
        throw EmojifyError.missingInput("\(name): \(complaint)")
      }
      guard let data = try? Data(contentsOf: url),
        let json = try? JSONValue(parsing: String(decoding: data, as: UTF8.self))
      else { throw EmojifyError.badData("\(name): is not valid JSON, as Keras' to_json writes it") }
      // Whoever wrote the configuration chose its words; a bare one is by the Keras of the weights.
      var origin = try KerasOrigin(file)
      if let version = json["keras_version"]?.stringValue.flatMap(KerasOrigin.major) {
        origin.version = version
      } else if json["module"] != nil {
        origin.version = 3
      }
      return try KerasNetworkBuilder.network(
        of: KerasGraphReader.graph(json, file: name), origin: origin,
        weights: KerasWeights(file), file)
    }
  }

  /// The network with what its file tells.
  private static func finished(
    _ network: Network, _ file: borrowing HDF5File
  ) throws -> (network: Network, metadata: ModelMetadata) {
    let metadata = try ModelMetadata(from: file)
    guard metadata.labels.isEmpty || metadata.labels.count == network.classCount else {
      throw EmojifyError.badData(
        "\(file.name): 'emojify_labels' names \(metadata.labels.count) classes, "
          + "the network answers \(network.classCount)")
    }
    // Somebody else's network shall answer as it did where it comes from, to the fifth decimal.
    if metadata.architecture == nil { network.computeClosely() }
    return (network, metadata)
  }

  /// Reads only the weights of a file into a network that has the same layers under the same names.
  public static func readWeights(
    from file: borrowing HDF5File, into network: Network
  ) throws {
    let weights = try KerasWeights(file)
    let slots = KerasWeights.Slot.slots(of: network, origin: try KerasOrigin(file))
    let paths = try weights.paths(for: slots, file)
    for (slot, paths) in zip(slots, paths) {
      try weights.read(paths, of: slot, into: slot.parameters, file)
    }
    network.parametersChanged()
  }

  private static func noModel(in file: borrowing HDF5File) throws -> EmojifyError {
    if try KerasWeights.areIn(file) {
      return .badData(
        "\(file.name): holds weights only (Keras' save_weights), expected a whole model: there is no 'model_config'; "
          + "'emojify model convert' makes one, with --architecture or --config for the layers")
    }
    let found = try file.links().prefix(5).map { "'\($0.name)'" }.joined(separator: ", ")
    return .badData(
      "\(file.name): is HDF5 but no Keras model: there is no 'model_config'; it holds "
        + (found.isEmpty ? "nothing" : found))
  }
}
