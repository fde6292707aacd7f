/// Gradient-weighted class activation mapping (Selvaraju et al. 2017): which places of a layer's maps speak for a class.
///
/// With A the layer's output and y the class' logit: `weight(k) = mean over places of ∂y / ∂A(place, k)` and
/// `map(place) = max(0, Σ weight(k) · A(place, k))`. The network runs as at inference. One caller at a time.
public final class GradCAM {
  public struct Answer: Sendable {
    /// On the layer's grid, in logits: 0 where nothing speaks for the class.
    public let map: AttributionMap
    /// By channel of the layer.
    public let weights: [Float]
    /// The network's output before a final softmax.
    public let logits: [Float]
  }

  public let network: Network
  /// The node whose maps are looked at.
  public let node: Int
  public var layerName: String { network.nodes[node].name }
  private let plan: ExecutionPlan

  /// - Parameter node: one of `network.nodes` that has maps and leads to the output, as `layer` finds it.
  public init(network: Network, node: Int, pool: WorkerPool) {
    precondition(Self.hasMaps(network, node), "'\(network.nodes[node].name)' has no maps")
    self.network = network
    self.node = node
    plan = ExecutionPlan(
      network: network, batchSize: 1, mode: .frozen, pool: pool, fuses: false, keeping: node)
  }

  /// The node called `name`; where it is nil the last convolution, with the normalisation, residual add and activation
  /// that follow it: what the next layer sees.
  ///
  /// Throws `EmojifyError.usage` where there is no such layer or it has no maps, `.badData` where the network has no
  /// convolution.
  public static func layer(named name: String?, in network: Network) throws -> Int {
    if let name {
      let mapped = network.nodes.indices.filter { hasMaps(network, $0) && $0 > 0 }
      guard let node = network.nodes.firstIndex(where: { $0.name == name }) else {
        let names = mapped.map { network.nodes[$0].name }.joined(separator: ", ")
        throw EmojifyError.usage(
          "the network has no layer '\(name)'"
            + (names.isEmpty ? "" : ", expected one of \(names)"))
      }
      guard hasMaps(network, node), node > 0 else {
        throw EmojifyError.usage(
          "layer '\(name)' has no maps to look at: "
            + (node > 0 ? "its output is \(network.nodes[node].outputShape)" : "it is the input")
        )
      }
      return node
    }
    let convolution = network.nodes.indices.last {
      (network.nodes[$0].layer is any ConvolvingLayer
        || network.nodes[$0].layer is DepthwiseConv2D)
        && hasMaps(network, $0)
    }
    guard var node = convolution else {
      throw EmojifyError.badData("the network has no convolution, so there are no maps to look at")
    }
    while true {
      let consumers = network.nodes.indices.filter { network.nodes[$0].inputs.contains(node) }
      guard consumers.count == 1, hasMaps(network, consumers[0]) else { return node }
      switch network.nodes[consumers[0]].layer {
      case is BatchNormalization, is Add: node = consumers[0]
      case let activation as Activation where activation.function != .softmax: node = consumers[0]
      default: return node
      }
    }
  }

  /// Why the network answers class `classIndex` for an image of gray bytes, row-major, of the network's size.
  public func answer(for image: [UInt8], classIndex: Int) -> Answer {
    precondition(classIndex >= 0 && classIndex < network.classCount, "class \(classIndex)")
    plan.input.fill(gray: image)
    plan.forward()
    let logits = Array(UnsafeBufferPointer(start: plan.output.base, count: network.classCount))
    for index in 0..<network.classCount {
      plan.outputGradient.base[index] = index == classIndex ? 1 : 0
    }
    let gradient = plan.backwardToKept()
    let activation = plan.activation(ofNode: node)
    let shape = network.nodes[node].outputShape
    let (places, channels) = (shape[0] * shape[1], shape[2])
    // In Double: a place has few values, but their order would show.
    var weights = [Double](repeating: 0, count: channels)
    for place in 0..<places {
      for k in 0..<channels { weights[k] += Double(gradient.base[place * channels + k]) }
    }
    for k in 0..<channels { weights[k] /= Double(places) }
    let values = (0..<places).map { place in
      var sum = 0.0
      for k in 0..<channels { sum += weights[k] * Double(activation.base[place * channels + k]) }
      return Float(max(0, sum))
    }
    return Answer(
      map: AttributionMap(height: shape[0], width: shape[1], values: values),
      weights: weights.map { Float($0) }, logits: logits)
  }

  /// A layer whose output is `[height, width, channels]` and reaches the network's.
  private static func hasMaps(_ network: Network, _ node: Int) -> Bool {
    guard network.nodes[node].outputShape.rank == 3 else { return false }
    var reaches = [Bool](repeating: false, count: network.nodes.count)
    reaches[network.nodes.count - 1] = true
    for index in network.nodes.indices.reversed() where reaches[index] {
      for source in network.nodes[index].inputs { reaches[source] = true }
    }
    return reaches[node]
  }
}

extension MutableTensorView {
  /// Writes one gray image `[height, width]` of bytes into each channel of a batch of one.
  fileprivate func fill(gray image: [UInt8]) {
    let channels = shape.last
    precondition(shape.count == image.count * channels, "\(image.count) bytes for \(shape)")
    for (place, pixel) in image.enumerated() {
      for channel in 0..<channels { base[place * channels + channel] = Float(pixel) }
    }
  }
}
