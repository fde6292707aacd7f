/// The same elements, row-major, under another shape of the same count.
public final class Reshape: Layer {
  public let className = "Reshape"
  /// Per sample; one extent may be -1, which is what is left.
  public let target: [Int]

  public init(_ target: [Int]) {
    precondition(target.count { $0 == -1 } <= 1 && target.allSatisfy { $0 > 0 || $0 == -1 })
    self.target = target
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = try ShapeError.requireSingle(inputs)
    let count = input.count
    let known = target.filter { $0 > 0 }.reduce(1, *)
    let shape = Shape(target.map { $0 > 0 ? $0 : count / known })
    guard shape.count == count else {
      throw ShapeError("an input of \(input) cannot be seen as \(target)")
    }
    return shape
  }

  public var traits: LayerTraits { .reshape }

  public func forward(_ call: ForwardCall) {}
  public func backward(_ call: BackwardCall) {}
}
