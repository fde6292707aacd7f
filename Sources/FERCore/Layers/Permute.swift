/// The axes in another order. `axes` count from 1, as in Keras: `[3, 1, 2]` brings the third axis behind the batch to the
/// front.
public final class Permute: RearrangingLayer {
  public let className = "Permute"
  public let axes: [Int]
  private(set) var rearrangement: Rearrangement?

  public init(_ axes: [Int]) {
    precondition(axes.sorted() == Array(1...max(1, axes.count)), "\(axes) is no order of axes")
    self.axes = axes
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = try ShapeError.requireSingle(inputs, rank: axes.count)
    return Shape(axes.map { input[$0 - 1] })
  }

  public func build(for inputs: [Shape]) {
    rearrangement = Rearrangement(permuting: inputs[0], axes: axes.map { $0 - 1 })
  }
}
