/// All axes but the batch as one: `[batch, height, width, channels]` → `[batch, height · width · channels]`.
public final class Flatten: Layer {
  public let className = "Flatten"

  public init() {}

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    [try ShapeError.requireSingle(inputs).count]
  }

  public var traits: LayerTraits { .reshape }

  public func forward(_ call: ForwardCall) {}
  public func backward(_ call: BackwardCall) {}
}
