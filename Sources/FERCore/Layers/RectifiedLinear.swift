/// ReLU with Keras' three constants: x above `threshold`, but at most `maxValue`; `negativeSlope · (x - threshold)` from
/// `threshold` down. At the threshold itself that is 0: so Keras computes it, though its documentation counts it above.
public final class RectifiedLinear: Layer {
  public let className = "ReLU"
  public let maxValue: Float?
  public let negativeSlope: Float
  public let threshold: Float

  public init(maxValue: Float? = nil, negativeSlope: Float = 0, threshold: Float = 0) {
    self.maxValue = maxValue
    self.negativeSlope = negativeSlope
    self.threshold = threshold
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try ShapeError.requireSingle(inputs)
  }

  public var traits: LayerTraits {
    var traits = LayerTraits.inPlace
    traits.backwardReadsInputs = true
    return traits
  }

  public func forward(_ call: ForwardCall) {
    let low = Lanes(repeating: threshold)
    let high = Lanes(repeating: maxValue ?? .infinity)
    let slope = Lanes(repeating: negativeSlope)
    Kernels.map(call.inputs[0], into: call.output, pool: call.pool) { x in
      x.atMost(high).replacing(with: slope * (x - low), where: x .<= low)
    }
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    let low = Lanes(repeating: threshold)
    let high = Lanes(repeating: maxValue ?? .infinity)
    let slope = Lanes(repeating: negativeSlope)
    Kernels.map(call.outputGradient.view, call.inputs[0], into: dx, pool: call.pool) { dy, x in
      dy.replacing(with: 0, where: x .>= high).replacing(with: dy * slope, where: x .<= low)
    }
  }
}
