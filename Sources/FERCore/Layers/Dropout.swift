/// Sets a share of the elements to zero while training and scales the others up, so that the mean stays (Srivastava et
/// al. 2014). The identity at inference.
///
/// Which elements fall follows from the call's random key alone, so the backward pass draws them again instead of
/// keeping a mask.
public final class Dropout: Layer {
  public let className = "Dropout"
  /// The share that is dropped, 0 ..< 1.
  public let rate: Float

  public init(rate: Float) {
    precondition(rate >= 0 && rate < 1, "dropout rate \(rate)")
    self.rate = rate
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try ShapeError.requireSingle(inputs)
  }

  public var traits: LayerTraits { .inPlace }

  public func forward(_ call: ForwardCall) {
    if call.mode == .training, rate > 0 {
      Kernels.drop(
        call.inputs[0], rate: rate, key: call.randomKey, into: call.output, pool: call.pool)
    } else if call.inputs[0].base != UnsafePointer(call.output.base) {
      call.output.copy(from: call.inputs[0])
    }
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    if call.mode == .training, rate > 0 {
      Kernels.drop(
        call.outputGradient.view, rate: rate, key: call.randomKey, into: dx, pool: call.pool)
    } else if dx.base != call.outputGradient.base {
      dx.copy(from: call.outputGradient.view)
    }
  }
}
