@testable import FERCore

/// Runs a network forward in Double, node by node, with values of its own for the parameters, so that they can be varied.
struct ReferenceNetwork {
  let network: Network
  let batchSize: Int
  let mode: Mode
  let randomKey: UInt64
  /// In the order of `network.parameters`.
  var parameters: [[Double]]
  private let places: [ObjectIdentifier: Int]

  init(_ network: Network, batchSize: Int, mode: Mode, randomKey: UInt64 = 0) {
    self.network = network
    self.batchSize = batchSize
    self.mode = mode
    self.randomKey = randomKey
    parameters = network.parameters.map { $0.value.elements.map(Double.init) }
    places = Dictionary(
      uniqueKeysWithValues: network.parameters.enumerated().map { (ObjectIdentifier($1), $0) })
  }

  /// What the network answers; as an execution plan, without a final softmax except at inference.
  func output(for input: [Double]) -> [Double] { outputs(for: input)[network.nodes.count - 1] }

  /// What each node answers; where `replaced` names one, those behind it see `values` instead of its own answer.
  func outputs(
    for input: [Double], replacing replaced: Int? = nil, by values: [Double] = []
  ) -> [[Double]] {
    var outputs: [[Double]] = []
    for (index, node) in network.nodes.enumerated() {
      if index == replaced {
        outputs.append(values)
        continue
      }
      guard let layer = node.layer else {
        outputs.append(input)
        continue
      }
      let isLast = index == network.nodes.count - 1
      let shapes = network.inputShapes(of: node)
      outputs.append(
        apply(
          layer, index: index, to: node.inputs.map { outputs[$0] }, shapes: shapes,
          columns: node.outputShape.last, wantsLogits: mode != .inference && isLast))
    }
    return outputs
  }

  private func value(_ parameter: Parameter) -> [Double] {
    parameters[places[ObjectIdentifier(parameter)]!]
  }

  private func apply(
    _ layer: Layer, index: Int, to inputs: [[Double]], shapes: [Shape], columns: Int,
    wantsLogits: Bool
  ) -> [Double] {
    let x = inputs[0]
    let shape = shapes[0]
    func activate(_ function: ActivationFunction, _ x: [Double]) -> [Double] {
      wantsLogits && function == .softmax
        ? x : Reference.activate(function, x, columns: columns)
    }
    switch layer {
    case let layer as Conv2D:
      let window = ReferenceWindow(
        batch: batchSize, height: shape[0], width: shape[1], inputs: shape[2],
        outputs: layer.filters, kernel: layer.kernelSize, stride: layer.strides,
        padding: layer.padding)
      var y = Reference.convolution(x, value(layer.parameters[0]), window)
      if layer.usesBias { y = Reference.addRow(y, value(layer.parameters[1])) }
      return Reference.activate(layer.activation, y, columns: columns)
    case let layer as DepthwiseConv2D:
      let window = ReferenceWindow(
        batch: batchSize, height: shape[0], width: shape[1], inputs: shape[2],
        outputs: shape[2] * layer.depthMultiplier, kernel: layer.kernelSize,
        stride: layer.strides, padding: layer.padding)
      var y = Reference.depthwiseConvolution(x, value(layer.parameters[0]), window)
      if layer.usesBias { y = Reference.addRow(y, value(layer.parameters[1])) }
      return Reference.activate(layer.activation, y, columns: columns)
    case let layer as Dense:
      var y = Reference.matmul(
        x, value(layer.parameters[0]), m: x.count / shape.last, n: layer.units, k: shape.last)
      if layer.usesBias { y = Reference.addRow(y, value(layer.parameters[1])) }
      return activate(layer.activation, y)
    case let layer as BatchNormalization:
      return normalize(layer, x, channels: shape.last)
    case let layer as MaxPooling2D:
      return Reference.maxPooling(x, window(layer.window, shape))
    case let layer as AveragePooling2D:
      return Reference.averagePooling(x, window(layer.window, shape))
    case is GlobalAveragePooling2D:
      return Reference.globalAveragePooling(x, batch: batchSize, channels: shape[2])
    case let layer as Activation:
      return activate(layer.function, x)
    case let layer as Rescaling:
      return x.map { $0 * Double(layer.scale) + Double(layer.offset) }
    case let layer as Dropout:
      return mode == .training ? drop(x, rate: layer.rate, index: index) : x
    case is Add:
      return inputs.dropFirst().reduce(x) { sum, other in zip(sum, other).map(+) }
    case let layer as ElementOffset:
      return Reference.addRow(x, value(layer.parameters[0]))
    case is Flatten:
      return x
    case let layer as SeparableConv2D:
      let depthwise = apply(
        layer.depthwise, index: index, to: inputs, shapes: shapes, columns: 0, wantsLogits: false)
      guard let between = try? layer.depthwise.outputShape(for: shapes) else {
        preconditionFailure("\(shapes)")
      }
      return apply(
        layer.pointwise, index: index, to: [depthwise], shapes: [between], columns: columns,
        wantsLogits: wantsLogits)
    case let layer as ExpandedConv2D:
      return expanded(layer, x, shape, columns: columns)
    case let layer as Noise:
      guard mode == .training else { return x }
      let key = SeededRandom.combine(randomKey, UInt64(index - 1))
      return x.indices.map { i in
        let (factor, offset) = layer.draw(i, shape.batched(batchSize), key)
        return x[i] * Double(factor) + Double(offset)
      }
    default:
      let values = layer.parameters.map(value)
      return ReferenceLayers(batchSize: batchSize, shapes: shapes, parameters: values)
        .apply(layer, to: inputs)
    }
  }

  /// Tap by tap, group by group, from the definition.
  private func expanded(
    _ layer: ExpandedConv2D, _ x: [Double], _ shape: Shape, columns filters: Int
  ) -> [Double] {
    let kernel = value(layer.parameters[0])
    let (small, dilation) = (layer.kernelSize, layer.dilation)
    let window = ReferenceWindow(
      batch: batchSize, height: shape[0], width: shape[1], inputs: shape[2], outputs: filters,
      kernel: ((small.height - 1) * dilation.height + 1, (small.width - 1) * dilation.width + 1),
      stride: layer.whole.strides, padding: layer.whole.padding)
    let (inside, outside) = (shape[2] / layer.groups, filters / layer.groups)
    var y = [Double](repeating: 0, count: window.outputCount)
    window.forEachTap { input, output, place in
      let (row, column) = (place / window.kernel.width, place % window.kernel.width)
      guard row % dilation.height == 0, column % dilation.width == 0 else { return }
      let tap = row / dilation.height * small.width + column / dilation.width
      for f in 0..<filters {
        for c in 0..<inside {
          y[output * filters + f] +=
            x[input * shape[2] + f / outside * inside + c]
            * kernel[(tap * inside + c) * filters + f]
        }
      }
    }
    if layer.whole.usesBias { y = Reference.addRow(y, value(layer.parameters[1])) }
    return Reference.activate(layer.whole.activation, y, columns: filters)
  }

  private func window(_ window: PoolingWindow, _ shape: Shape) -> ReferenceWindow {
    ReferenceWindow(
      batch: batchSize, height: shape[0], width: shape[1], inputs: shape[2], outputs: shape[2],
      kernel: window.size, stride: window.strides, padding: window.padding)
  }

  private func normalize(_ layer: BatchNormalization, _ x: [Double], channels: Int) -> [Double] {
    var named: [String: [Double]] = [:]
    for parameter in layer.parameters { named[parameter.name] = value(parameter) }
    let batch = Reference.statistics(x, channels: channels)
    return Reference.normalize(
      x, mean: mode == .training ? batch.mean : named["moving_mean"]!,
      variance: mode == .training ? batch.variance : named["moving_variance"]!,
      gamma: named["gamma"] ?? Array(repeating: 1, count: channels),
      beta: named["beta"] ?? Array(repeating: 0, count: channels), epsilon: Double(layer.epsilon))
  }

  // Which elements fall is the kernel's own draw; that the draw has the right share and mean is tested elsewhere.
  private func drop(_ x: [Double], rate: Float, index: Int) -> [Double] {
    guard rate > 0 else { return x }
    var mask = Tensor([x.count], Array(repeating: 1, count: x.count))
    let target = mask.mutableView
    Kernels.drop(
      target.view, rate: rate, key: SeededRandom.combine(randomKey, UInt64(index - 1)),
      into: target, pool: WorkerPool(threads: 1))
    return zip(x, mask.elements).map { $0 * Double($1) }
  }
}
