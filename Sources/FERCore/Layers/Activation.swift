/// An activation function as a layer of its own.
public final class Activation: Layer {
  public let className = "Activation"
  public let function: ActivationFunction

  public init(_ function: ActivationFunction) { self.function = function }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try ShapeError.requireSingle(inputs)
  }

  public var traits: LayerTraits {
    var traits = LayerTraits.inPlace
    traits.backwardReadsInputs = function.derivativeReadsInput
    traits.backwardReadsOutput = !function.derivativeReadsInput && function != .linear
    return traits
  }

  public func forward(_ call: ForwardCall) {
    Kernels.activate(
      function.leavingSoftmax(call.wantsLogits), call.inputs[0], into: call.output, pool: call.pool)
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    let function = self.function.leavingSoftmax(call.wantsLogits)
    Kernels.activationGradient(
      function, call.outputGradient.view,
      reference: function.derivativeReadsInput ? call.inputs[0] : call.output, into: dx,
      pool: call.pool)
  }
}
