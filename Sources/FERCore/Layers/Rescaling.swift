/// `y = x · scale + offset`: brings raw 0…255 gray into the range the network learns on, inside the network.
public final class Rescaling: Layer {
  public let className = "Rescaling"
  public let scale: Float
  public let offset: Float

  public init(scale: Float, offset: Float = 0) {
    self.scale = scale
    self.offset = offset
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try ShapeError.requireSingle(inputs)
  }

  public var traits: LayerTraits { .inPlace }

  public func forward(_ call: ForwardCall) {
    let scale = Lanes(repeating: self.scale)
    let offset = Lanes(repeating: self.offset)
    Kernels.map(call.inputs[0], into: call.output, pool: call.pool) { offset.adding($0, scale) }
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    let scale = Lanes(repeating: self.scale)
    Kernels.map(call.outputGradient.view, into: dx, pool: call.pool) { $0 * scale }
  }
}
