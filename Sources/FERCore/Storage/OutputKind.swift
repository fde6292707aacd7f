/// What the outputs of a network are, one for each class.
public enum OutputKind: String, CaseIterable, Codable, Sendable {
  /// As of softmax.
  case probabilities
  /// Any numbers, which softmax makes probabilities.
  case logits
  /// Each class by itself, none below zero, as of sigmoid: the shares of their sum are probabilities.
  case scores

  /// What the last layers tell. A network that ends in softmax gives probabilities; what cannot be below zero are scores,
  /// as Keras' cross-entropy takes them; all else are logits.
  public init(of network: Network) {
    var kinds: [OutputKind] = []
    for node in network.nodes {
      kinds.append(
        Self.kind(
          of: node.layer, taking: node.inputs.map { kinds[$0] }, network.inputShapes(of: node)))
    }
    self = kinds[kinds.count - 1]
  }

  private static func kind(
    of layer: (any Layer)?, taking inputs: [OutputKind], _ shapes: [Shape]
  ) -> OutputKind {
    guard let layer, let first = inputs.first else { return .logits }
    let together: OutputKind = inputs.contains(.logits) ? .logits : .scores
    switch layer {
    case let layer as Activation: return kind(of: layer.function, taking: first)
    case let layer as RectifiedLinear:
      return layer.negativeSlope == 0 && layer.threshold >= 0 ? .scores : together
    case is Identity, is Dropout, is Noise: return first
    // The mean over all places of rows that each have the sum 1; nothing is moved where there is one row.
    case is GlobalAveragePooling2D: return first
    case is any RearrangingLayer, is Flatten, is Reshape:
      return shapes[0].count == shapes[0].last ? first : together
    case let layer as Merge:
      if layer.operation == .average, inputs.allSatisfy({ $0 == .probabilities }) {
        return .probabilities
      }
      return layer.operation == .subtract ? .logits : together
    case is Add, is Concatenate, is MaxPooling2D, is AveragePooling2D, is GlobalMaxPooling2D:
      return together
    case is ShareOfSum: return .probabilities
    default:
      return KerasLayers.innerActivation(of: layer).map { kind(of: $0, taking: .logits) } ?? .logits
    }
  }

  private static func kind(of function: ActivationFunction, taking input: OutputKind) -> OutputKind
  {
    switch function {
    case .softmax: .probabilities
    case .linear: input
    case .sigmoid, .hardSigmoid, .relu, .relu6, .softplus, .exponential: .scores
    default: .logits
    }
  }
}

extension Network {
  /// The network whose answer for an image is one number a class, `[classes]`: `[1, …, 1, classes]` is seen as that.
  ///
  /// - Throws: `EmojifyError.badData` where it answers with more than that.
  public func answeringOneRow() throws -> Network {
    if outputShape.rank == 1 { return self }
    guard outputShape.count == classCount else {
      throw EmojifyError.badData(
        "answers with \(outputShape) for an image, expected one number for each class")
    }
    let row: (String, any Layer) = ("output_row", Flatten())
    // A softmax has to stay at the end: losses and Grad-CAM are about what goes into it.
    return try endsInSoftmax ? movingSoftmax(behind: row) : behind([row])
  }

  /// Whether the last layer is a softmax or ends with one: what the loss is computed from.
  var endsInSoftmax: Bool {
    guard let layer = nodes[nodes.count - 1].layer else { return false }
    return KerasLayers.function(of: layer) == .softmax
  }

  static let noSoftmax = EmojifyError.badData(
    "the network's last layer is no softmax, which training needs; a replaced head brings one")

  /// The network whose answers are probabilities: what its outputs need for it goes behind them. The order of the classes by
  /// their outputs stays.
  ///
  /// - Parameter told: what the outputs are, where somebody says it.
  /// - Throws: `EmojifyError.badData` where they are said to be logits and are probabilities.
  public func answeringProbabilities(_ told: OutputKind? = nil) throws -> Network {
    let own = OutputKind(of: self)
    if told == .logits, own == .probabilities {
      throw EmojifyError.badData("ends in softmax: its outputs are probabilities, not logits")
    }
    // One output has nothing to be shared with.
    guard outputShape.rank == 1, classCount > 1 else { return self }
    switch (told ?? own, own) {
    case (.probabilities, .probabilities): return self
    case (.logits, _): return try behind([("output_softmax", Activation(.softmax))])
    case (.scores, .logits):
      return try behind([
        ("output_sigmoid", Activation(.sigmoid)), ("output_shares", ShareOfSum()),
      ])
    case (.scores, _), (.probabilities, _):
      return try behind([("output_shares", ShareOfSum())])
    }
  }
}
