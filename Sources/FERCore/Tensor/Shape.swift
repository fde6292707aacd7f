/// The extents of a tensor, outermost first. Images are `[batch, height, width, channels]` (NHWC, Keras' order).
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  public let dimensions: [Int]
  /// How many elements the shape holds: the product of its dimensions.
  public let count: Int

  public init(_ dimensions: [Int]) {
    precondition(dimensions.allSatisfy { $0 >= 0 }, "negative dimension in \(dimensions)")
    self.dimensions = dimensions
    self.count = dimensions.reduce(1, *)
  }

  /// Nil where the product of the dimensions is no `Int`: for dimensions that come from outside.
  public init?(counting dimensions: [Int]) {
    var count = 1
    for extent in dimensions {
      let product = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !product.overflow else { return nil }
      count = product.partialValue
    }
    self.dimensions = dimensions
    self.count = count
  }

  public init(arrayLiteral elements: Int...) { self.init(elements) }

  public var rank: Int { dimensions.count }
  public subscript(axis: Int) -> Int { dimensions[axis] }
  /// The extent of the innermost axis: channels of an image, features of a row.
  public var last: Int { dimensions[dimensions.count - 1] }

  /// A per-sample shape with a batch axis put in front.
  public func batched(_ batch: Int) -> Shape { Shape([batch] + dimensions) }
  /// A batched shape without its first axis.
  public var perSample: Shape { Shape(Array(dimensions.dropFirst())) }
  /// `perSample.count`, without making that shape: passes ask for it, and they allocate nothing.
  public var perSampleCount: Int { dimensions.dropFirst().reduce(1, *) }

  public var description: String {
    "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
  }
}
