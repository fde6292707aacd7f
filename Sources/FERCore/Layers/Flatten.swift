/// All axes but the batch as one: `[batch, height, width, channels]` → `[batch, height · width · channels]`.
public final class Flatten: Layer {
  public let className = "Flatten"

  public init() {}

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs.count == 1 else { throw ShapeError("takes one input, found \(inputs.count)") }
    return [inputs[0].count]
  }

  public var traits: LayerTraits {
    var traits = LayerTraits()
    traits.isReshape = true
    return traits
  }

  public func forward(_ call: ForwardCall) {}
  public func backward(_ call: BackwardCall) {}
}
