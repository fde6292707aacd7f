/// Makes a network of a Keras graph, holding each layer against the weights of the file before memory is taken for its
/// parameters: a configuration can ask for any size, but only for one whose weights the file has. What layers keep besides
/// has no weights in the file to be held against, so all of it together is bounded.
struct KerasNetworkBuilder {
  /// Bounds that keep any layer's output below 2 GiB a sample. Products of extents that can pass an `Int` before they are
  /// held against these are counted by `Shape(counting:)`.
  private static let largestSide = 1 << 16
  private static let largestActivation = 1 << 29
  /// Of `Layer.ownCount` over the graph: 1 GiB. Networks for images of 224 x 224 have hundredths of it.
  private static let mostOwn = 1 << 28

  /// What a Keras layer gives.
  private struct Tensor {
    let handle: NetworkBuilder.Handle
    let layout: KerasLayout
    /// The layer's name.
    let name: String
  }

  private let file: String
  private let origin: KerasOrigin
  private var builder: NetworkBuilder
  private let guess: String?
  private var tensors: [String: Tensor] = [:]
  /// By tensor: the same in the other layout.
  private var turned: [Int: NetworkBuilder.Handle] = [:]
  private var slots: [KerasWeights.Slot] = []
  /// Numbers that the layers so far keep besides their parameters.
  private var own = 0

  static func network(
    of graph: KerasGraph, origin: KerasOrigin, weights: KerasWeights, _ file: borrowing HDF5File
  ) throws -> Network {
    var maker = try declaring(graph, origin: origin, file: file.name)
    let paths = try weights.paths(for: maker.slots, file)
    let network = try maker.build(output: graph.output)
    network.guess = maker.guess
    for (slot, paths) in zip(maker.slots, paths) {
      let parameters = network.node(named: slot.layer)?.layer?.parameters ?? []
      try weights.read(paths, of: slot, into: parameters, file)
    }
    network.parametersChanged()
    return network
  }

  /// What each layer wants of the file, in the order of the graph; no memory is taken for parameters.
  static func slots(
    of graph: KerasGraph, origin: KerasOrigin, file: String
  ) throws -> [KerasWeights.Slot] {
    try declaring(graph, origin: origin, file: file).slots
  }

  private static func declaring(
    _ graph: KerasGraph, origin: KerasOrigin, file: String
  ) throws -> KerasNetworkBuilder {
    var maker = try KerasNetworkBuilder(graph, origin: origin, file: file)
    for (position, node) in graph.nodes.enumerated().dropFirst() {
      try maker.add(node, at: position)
    }
    return maker
  }

  private init(_ graph: KerasGraph, origin: KerasOrigin, file: String) throws {
    self.file = file
    self.origin = origin
    let input = graph.nodes[0]
    var shape = try Self.inputShape(of: input, file: file)
    let kerasInput = KerasInput(of: graph, shape)
    let layout = kerasInput.layout
    guess = kerasInput.guess
    if layout == .channelsFirst { shape = [shape[1], shape[2], shape[0]] }
    builder = NetworkBuilder(name: graph.name, inputShape: shape, inputName: input.name)
    tensors[input.name] = Tensor(handle: builder.input, layout: layout, name: input.name)
  }

  private mutating func build(output: String) throws -> Network {
    guard let tensor = tensors[output] else {
      throw EmojifyError.badData("\(file): the output layer '\(output)' is not in the model")
    }
    let handle = try brought(tensor, to: .asKeras)
    let frozen = slots.filter { slot in
      !slot.address.isTrainable
        && slot.parameters.contains { $0.isTrainable || $0.name == "moving_mean" }
    }
    return try EmojifyError.naming(file) {
      try builder.build(output: handle, seed: 0, frozen: Set(frozen.map(\.layer)))
    }
  }

  // MARK: The input

  /// The per-sample shape an InputLayer declares: `batch_input_shape` in Keras 1 and 2, `batch_shape` in 3.
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

  // MARK: Layers

  private mutating func add(_ node: KerasGraph.Node, at position: Int) throws {
    var inputs = node.inputs.compactMap { tensors[$0] }
    var config = KerasConfig(
      file: file, layer: node.name, position: position, className: node.className,
      inputs: inputs.map(kerasShape), values: node.config, version: origin.version)
    var order = StoredOrder()
    if let (modern, filtersFirst) = try KerasOne.modern(config) {
      config = modern
      if filtersFirst { order = .filtersFirst }
    }
    if Merge.Operation.classNames.contains(config.className) {
      inputs = try withOneRank(inputs, node.name)
    }
    let arrangement = try KerasArrangement(config, inputs.map(\.layout))
    if arrangement.order != StoredOrder() { order = arrangement.order }
    order = origin.order(for: config.className, order)
    var handles = try inputs.map { try brought($0, to: arrangement.inputs) }
    if let axes = arrangement.swapped {
      handles = [try swapping(axes, handles[0], name: node.name + "_axes")]
    }
    var values = arrangement.values
    if origin.isTheano, config.className == "Conv2D", values["padding"] == "same" {
      handles = [try paddedAsInTheano(handles[0], config)]
      values["padding"] = "valid"
    }
    let shapes = handles.map { builder.shape(of: $0) }
    config = config.replacing(inputs: shapes, values: values)
    let coder = try KerasLayers.coder(for: config)
    var handle = try adding(try coder.decode(config), name: node.name, to: handles)
    // A layer declares its parameters once, so a twin of it tells their shapes.
    let twin = try coder.decode(config)
    if !(twin is any RearrangingLayer) { twin.build(for: shapes) }
    slots.append(
      KerasWeights.Slot(
        layer: node.name, address: node.address, parameters: twin.parameters, order: order,
        ignoresOthers: twin is Dropout || twin is Noise || twin is Identity))
    if let axes = arrangement.swapped, builder.shape(of: handle).rank == shapes[0].rank {
      handle = try swapping(axes, handle, name: node.name + "_axes_back")
    }
    let isImage = builder.shape(of: handle).rank == 3
    var tensor = Tensor(
      handle: handle, layout: isImage ? arrangement.output : .asKeras, name: node.name)
    if let activation = arrangement.lateActivation {
      tensor = try adding(activation, behind: tensor, config)
    }
    tensors[node.name] = tensor
  }

  private mutating func paddedAsInTheano(
    _ input: NetworkBuilder.Handle, _ config: KerasConfig
  ) throws -> NetworkBuilder.Handle {
    let shape = builder.shape(of: input)
    guard shape.rank == 3 else { return input }
    let kernel = try config.pair("kernel_size", in: KerasLayers.windows)
    let dilation = try config.pair("dilation_rate", in: KerasLayers.windows, default: (1, 1))
    let strides = try config.pair("strides", in: KerasLayers.windows, default: (1, 1))
    let rows = TheanoPadding.sides(
      extent: shape[0], kernel: (kernel.0 - 1) * dilation.0 + 1, stride: strides.0)
    let columns = TheanoPadding.sides(
      extent: shape[1], kernel: (kernel.1 - 1) * dilation.1 + 1, stride: strides.1)
    let added = Margins(
      top: rows.before, bottom: max(rows.behind, 0), left: columns.before,
      right: max(columns.behind, 0))
    let cut = Margins(
      top: 0, bottom: max(-rows.behind, 0), left: 0, right: max(-columns.behind, 0))
    var handle = input
    for (layer, ending) in [
      (ZeroPadding2D(added) as any Layer, "_pad"), (Cropping2D(cut), "_crop"),
    ]
    where ending == "_pad" ? added != Margins.none : cut != Margins.none {
      handle = try adding(layer, name: free(config.layer + ending), to: [handle])
    }
    return handle
  }

  /// Adds a layer whose output and tables are not too large.
  private mutating func adding(
    _ layer: any Layer, name: String, to inputs: [NetworkBuilder.Handle]
  ) throws -> NetworkBuilder.Handle {
    let handle = try named { try builder.add(layer, name: name, to: inputs) }
    func tooLarge(_ what: String) -> EmojifyError {
      .badData("\(file): layer '\(name)' (\(layer.className)): \(what)")
    }
    let output = builder.shape(of: handle)
    guard output.dimensions.dropLast().allSatisfy({ $0 <= Self.largestSide }),
      output.count <= Self.largestActivation
    else { throw tooLarge("gives an output of shape \(output), which is too large") }
    own += layer.ownCount(for: inputs.map { builder.shape(of: $0) })
    guard own <= Self.mostOwn else {
      throw tooLarge(
        "with it the layers keep \(own) numbers besides their weights, expected \(Self.mostOwn) at most"
      )
    }
    return handle
  }

  /// Errors of the builder with the file's name before them.
  private func named<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch EmojifyError.badData(let message) where !message.hasPrefix(file) {
      throw EmojifyError.badData("\(file): \(message)")
    }
  }

  private mutating func adding(
    _ activation: JSONValue, behind tensor: Tensor, _ config: KerasConfig
  ) throws -> Tensor {
    let function = try KerasActivations.function(activation, config)
    let name = free(tensor.name + "_activation")
    let input = try brought(tensor, to: .asKeras)
    let handle = try adding(Activation(function), name: name, to: [input])
    return Tensor(handle: handle, layout: .asKeras, name: name)
  }

  // MARK: Axes

  /// The shape Keras sees.
  private func kerasShape(_ tensor: Tensor) -> Shape {
    let shape = builder.shape(of: tensor.handle)
    return tensor.layout == .channelsFirst ? [shape[2], shape[0], shape[1]] : shape
  }

  /// The tensor's elements in that layout; only images have another than Keras'.
  private mutating func brought(
    _ tensor: Tensor, to layout: KerasLayout
  ) throws -> NetworkBuilder.Handle {
    let shape = builder.shape(of: tensor.handle)
    guard shape.rank == 3, tensor.layout != layout else { return tensor.handle }
    if let handle = turned[tensor.handle.index] { return handle }
    let name = free(
      tensor.name + (layout == .channelsFirst ? "_channels_last" : "_channels_first"))
    let axes = layout == .channelsFirst ? [2, 3, 1] : [3, 1, 2]
    let handle = try adding(Permute(axes), name: name, to: [tensor.handle])
    turned[tensor.handle.index] = handle
    turned[handle.index] = tensor.handle
    return handle
  }

  private mutating func swapping(
    _ axes: (Int, Int), _ handle: NetworkBuilder.Handle, name: String
  ) throws -> NetworkBuilder.Handle {
    var order = Array(1...builder.shape(of: handle).rank)
    order.swapAt(axes.0, axes.1)
    return try adding(Permute(order), name: free(name), to: [handle])
  }

  /// Inputs of lower rank with axes of one behind the batch, as Keras merges them.
  private mutating func withOneRank(_ inputs: [Tensor], _ layer: String) throws -> [Tensor] {
    let rank = inputs.map { builder.shape(of: $0.handle).rank }.max() ?? 0
    return try inputs.map { tensor in
      let shape = builder.shape(of: tensor.handle)
      guard shape.rank < rank else { return tensor }
      let target = Array(repeating: 1, count: rank - shape.rank) + shape.dimensions
      let name = free(tensor.name + "_expanded")
      let handle = try adding(Reshape(target), name: name, to: [tensor.handle])
      return Tensor(handle: handle, layout: .asKeras, name: name)
    }
  }

  private func free(_ name: String) -> String {
    var name = name
    while builder.hasNode(named: name) { name += "_" }
    return name
  }
}
