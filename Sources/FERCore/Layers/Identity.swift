/// Leaves everything as it is: Keras layers that vary images while training only, such as RandomFlip. FERCore varies them
/// before they reach the network (`Augmentation`).
public final class Identity: Layer {
  public let className = "Identity"

  public init() {}

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try ShapeError.requireSingle(inputs)
  }

  public var traits: LayerTraits { .reshape }

  public func forward(_ call: ForwardCall) {}
  public func backward(_ call: BackwardCall) {}
}
