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
    // Beyond the input's count nothing fits, however large the product would be.
    let known = target.filter { $0 > 0 }.reduce(1) { $0 > count ? $0 : $0 * $1 }
    guard target.contains(-1) ? count % known == 0 : known == count else {
      throw ShapeError("an input of \(input) cannot be seen as \(target)")
    }
    return Shape(target.map { $0 > 0 ? $0 : count / known })
  }

  public var traits: LayerTraits { .reshape }

  public func forward(_ call: ForwardCall) {}
  public func backward(_ call: BackwardCall) {}
}
