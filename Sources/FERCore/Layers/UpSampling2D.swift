/// The image enlarged by whole factors. x `[batch, height, width, channels]` → y `[batch, height · rows, width · columns,
/// channels]`.
public final class UpSampling2D: ResamplingLayer {
  public let className = "UpSampling2D"
  public let factors: (rows: Int, columns: Int)
  public let interpolation: Interpolation
  private(set) var resampling: Resampling?

  public init(
    _ factors: (rows: Int, columns: Int) = (2, 2), interpolation: Interpolation = .nearest
  ) {
    precondition(factors.rows > 0 && factors.columns > 0)
    self.factors = factors
    self.interpolation = interpolation
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = try ShapeError.requireSingle(inputs, rank: 3)
    return [input[0] * factors.rows, input[1] * factors.columns, input[2]]
  }

  public func build(for inputs: [Shape]) {
    let input = inputs[0]
    let output: Shape = [input[0] * factors.rows, input[1] * factors.columns, input[2]]
    resampling = Resampling(from: input, to: output, method: interpolation)
  }
}
