/// Leaves everything as it is: Keras layers that vary images while training only, such as RandomFlip. FERCore varies them
/// before they reach the network (`Augmentation`).
public final class Identity: Layer {
  public let className = "Identity"

  public init() {}

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs.count == 1 else { throw ShapeError("takes one input, found \(inputs.count)") }
    return inputs[0]
  }

  public var traits: LayerTraits {
    var traits = LayerTraits()
    traits.isReshape = true
    return traits
  }

  public func forward(_ call: ForwardCall) {}
  public func backward(_ call: BackwardCall) {}
}
