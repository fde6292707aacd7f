import Foundation

/// Copies of a network with something changed: what it takes, what it ends in, what of it learns. The weights that are
/// not replaced are the original's, bit by bit.
extension Network {
  /// The network behind layers that bring raw bytes, as numbers 0…255, into the form it was trained on. What is saved
  /// then says in itself how pixels are to be scaled.
  ///
  /// - Parameter color: `.gray` makes the input one channel, repeated where the network has three.
  /// - Throws: `EmojifyError.badData` where the network takes no images of one or three channels, or no colour.
  public func takingRawPixels(in range: InputRange, color: ColorOrder = .gray) throws -> Network {
    let shape = inputShape
    guard shape.rank == 3, [1, 3].contains(shape[2]) else {
      throw EmojifyError.badData(
        "takes an input of \(shape), expected images of one or three channels")
    }
    guard color == .gray || shape[2] == 3 else {
      throw EmojifyError.badData("takes gray images, \(shape): there is no colour in them")
    }
    let own: Shape = color == .gray ? [shape[0], shape[1], 1] : shape
    if range == .raw, own == shape { return self }
    return try copy(inputShape: own) { builder, input in
      var x = input
      for (name, layer) in range.layers(for: own) {
        x = try builder.add(layer, name: self.unusedName(name), to: x)
      }
      if own != shape {
        x = try builder.add(Concatenate(), name: self.unusedName("input_channels"), to: x, x, x)
      }
      return x
    }
  }

  /// The network for images of another height and width, which it first scales to its own (bilinear).
  ///
  /// - Parameter shape: of an image, `[height, width, channels]`, with the network's channels.
  public func scalingImages(from shape: Shape) throws -> Network {
    let own = inputShape
    guard shape != own else { return self }
    return try copy(inputShape: shape) { builder, input in
      try builder.add(
        Resizing((own[0], own[1])), name: self.unusedName("input_size"), to: input)
    }
  }

  /// The network with a fresh layer for `classCount` classes in place of its last dense one, or last convolution where
  /// that gives the classes.
  ///
  /// - Parameter seed: draws the fresh layer.
  /// - Throws: `EmojifyError.badData` where the last layer with weights is neither.
  public func replacingHead(classCount: Int, seed: UInt64) throws -> Network {
    guard let last = head else { throw EmojifyError.badData("has no layer with weights") }
    // Without a softmax of its own the network would answer with something else than probabilities.
    let isEnd = last.name == nodes[nodes.count - 1].name
    // What a sigmoid lets through would leave the softmax behind it no sure answer.
    func inner(_ function: ActivationFunction) -> ActivationFunction {
      function == .softmax ? .softmax : .linear
    }
    let head: any Layer
    switch last.layer {
    case let dense as Dense:
      head = Dense(
        units: classCount, activation: isEnd ? .softmax : inner(dense.activation),
        usesBias: dense.usesBias)
    case let convolution as Conv2D:
      head = Conv2D(
        filters: classCount, kernelSize: convolution.kernelSize, strides: convolution.strides,
        padding: convolution.padding, activation: inner(convolution.activation),
        usesBias: convolution.usesBias)
    default:
      throw EmojifyError.badData(
        "'\(last.name)' (\(last.layer?.className ?? "")) is the last layer with weights, expected a "
          + "Dense or Conv2D that gives the classes")
    }
    let copy = try copy(seed: seed, replacing: [last.name: head])
    guard copy.outputShape == [classCount] else {
      throw EmojifyError.badData(
        "with \(classCount) classes from '\(last.name)' the network answers \(copy.outputShape)")
    }
    return OutputKind(of: copy) == .probabilities
      ? copy : try copy.behind([(copy.unusedName("output_softmax"), Activation(.softmax))])
  }

  /// The network that tells only these of its classes apart, with what it knows of them.
  ///
  /// - Throws: `EmojifyError.badData` where no dense layer or convolution gives the classes, or the answers are scores of each
  ///   class by itself, which a softmax would change.
  public func keepingOutputs(_ kept: [Int]) throws -> Network {
    guard OutputKind(of: self) != .scores else {
      throw Self.noSoftmax
    }
    let smaller = try replacingHead(classCount: kept.count, seed: 0)
    guard let head, let from = head.layer?.parameters, let to = smaller.head?.layer?.parameters
    else { return smaller }
    for (source, target) in zip(from, to) {
      guard source.shape.last == classCount else {
        throw EmojifyError.badData(
          "'\(head.name)' has \(source.shape.last) outputs, expected the \(classCount) classes")
      }
      for row in 0..<source.shape.count / classCount {
        for (place, output) in kept.enumerated() {
          target.value.base[row * kept.count + place] = source.value.base[row * classCount + output]
        }
      }
    }
    smaller.parametersChanged()
    return smaller
  }

  /// The network with the layers that `patterns` name (`*` any letters, `?` one) frozen: their weights stay as they are,
  /// and batch normalisation uses its running statistics, as with Keras' `trainable = False`.
  ///
  /// - Throws: `EmojifyError.usage` for a pattern that names no layer with weights, or where nothing is left to learn.
  public func freezing(_ patterns: [String]) throws -> Network {
    guard !patterns.isEmpty else { return self }
    // What is frozen already may be named again; a batch normalisation need learn nothing to move its statistics.
    let freezable = nodes.filter { node in
      frozen.contains(node.name) || node.learns || node.layer is BatchNormalization
    }
    var names = frozen
    for pattern in patterns {
      let matched = freezable.map(\.name).filter { fnmatch(pattern, $0, 0) == 0 }
      guard !matched.isEmpty else {
        throw EmojifyError.usage(
          "no layer with weights is called '\(pattern)', expected some of "
            + freezable.map(\.name).joined(separator: ", "))
      }
      names.formUnion(matched)
    }
    guard nodes.contains(where: { $0.learns && !names.contains($0.name) }) else {
      throw EmojifyError.usage("all layers are frozen: nothing is left to learn")
    }
    return try copy(frozen: names)
  }

  /// The network with all layers learning, whatever its file says: what a run freezes it is told itself.
  public func unfreezing() throws -> Network { frozen.isEmpty ? self : try copy(frozen: []) }

  /// The network with a layer between what goes into its last softmax and that.
  func movingSoftmax(behind layer: (name: String, layer: any Layer)) throws -> Network {
    let last = nodes[nodes.count - 1]
    let linear: any Layer =
      last.layer is Activation ? Activation(.linear) : try twin(of: last, activation: "linear")
    let copy = try copy(
      replacing: [last.name: linear],
      appending: [layer, ("output_softmax", Activation(.softmax))])
    copy.node(named: last.name)?.takeValues(from: last)
    copy.parametersChanged()
    return copy
  }

  /// The network with more layers behind its output.
  func behind(_ layers: [(name: String, layer: any Layer)]) throws -> Network {
    try copy(appending: layers)
  }

  /// - Parameters:
  ///   - seed: draws the parameters of replaced layers.
  ///   - replaced: layers that take the place of those of the same name.
  ///   - added: layers behind the output.
  ///   - before: adds layers behind the new input and answers what the old one's place is.
  private func copy(
    seed: UInt64 = 0, frozen: Set<String>? = nil, replacing replaced: [String: any Layer] = [:],
    inputShape: Shape? = nil, appending added: [(name: String, layer: any Layer)] = [],
    before: (inout NetworkBuilder, NetworkBuilder.Handle) throws -> NetworkBuilder.Handle = {
      $1
    }
  ) throws -> Network {
    var builder = NetworkBuilder(
      name: name, inputShape: inputShape ?? self.inputShape, inputName: nodes[0].name)
    var handles = [try before(&builder, builder.input)]
    for node in nodes.dropFirst() {
      let inputs = node.inputs.map { handles[$0] }
      let layer = try replaced[node.name] ?? twin(of: node)
      handles.append(try builder.add(layer, name: node.name, to: inputs))
    }
    var output = handles[handles.count - 1]
    for (name, layer) in added {
      output = try builder.add(layer, name: unusedName(name), to: output)
    }
    let copy = try builder.build(
      output: output, seed: seed, frozen: frozen ?? self.frozen)
    for node in nodes where replaced[node.name] == nil {
      copy.node(named: node.name)?.takeValues(from: node)
    }
    copy.guess = guess
    copy.parametersChanged()
    return copy
  }

  /// A new layer of the same settings: a layer has one place.
  ///
  /// - Parameter activation: what it ends with instead, in Keras' word.
  func twin(of node: Node, activation: String? = nil) throws -> any Layer {
    guard let layer = node.layer else {
      throw EmojifyError.internalFault("'\(node.name)' is no layer")
    }
    var (className, values) = try KerasLayers.encode(layer, name: node.name)
    if let activation { values["activation"] = .string(activation) }
    let config = KerasConfig(
      file: name, layer: node.name, position: 0, className: className,
      inputs: inputShapes(of: node), values: values,
      version: KerasLayers.version(of: layer))
    let twin = try KerasLayers.coder(for: config).decode(config)
    if let convolving = layer as? any ConvolvingLayer {
      (twin as? any ConvolvingLayer)?.convolution.algorithm = convolving.convolution.algorithm
    }
    return twin
  }

  func unusedName(_ name: String) -> String {
    node(named: name) == nil ? name : unusedName(name + "_")
  }
}
