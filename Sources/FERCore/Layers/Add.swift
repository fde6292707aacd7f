/// The sum of inputs of one shape: the join of a residual block (He et al. 2016).
public final class Add: Layer {
  public let className = "Add"

  public init() {}

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs.count >= 2 else {
      throw ShapeError("takes at least two inputs, found \(inputs.count)")
    }
    for shape in inputs where shape != inputs[0] {
      throw ShapeError("inputs differ in shape: \(inputs[0]) and \(shape)")
    }
    return inputs[0]
  }

  public var traits: LayerTraits { .inPlace }

  public var traitsFusingReLU: LayerTraits? {
    var traits = traits
    traits.backwardReadsOutput = true
    return traits
  }

  public func forward(_ call: ForwardCall) {
    let floor = Lanes(repeating: call.fusion.relu ? 0 : -.infinity)
    for (index, input) in call.inputs.enumerated().dropFirst() {
      let first = index == 1 ? call.inputs[0] : call.output.view
      let isLast = index == call.inputs.count - 1
      let bound = isLast ? floor : Lanes(repeating: -.infinity)
      Kernels.map(first, input, into: call.output, pool: call.pool) { ($0 + $1).atLeast(bound) }
    }
  }

  public func backward(_ call: BackwardCall) {
    if call.fusion.relu {
      Kernels.activationGradient(
        .relu, call.outputGradient.view, reference: call.output, into: call.outputGradient,
        pool: call.pool)
    }
    for case let dx? in call.inputGradients where dx.base != call.outputGradient.base {
      dx.copy(from: call.outputGradient.view)
    }
  }
}
