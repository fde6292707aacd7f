/// Zeros around the image. x `[batch, height, width, channels]` → y `[batch, top + height + bottom, left + width + right,
/// channels]`.
public final class ZeroPadding2D: RearrangingLayer {
  public let className = "ZeroPadding2D"
  public let margins: Margins
  private(set) var rearrangement: Rearrangement?

  public init(_ margins: Margins) { self.margins = margins }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = try ShapeError.requireSingle(inputs, rank: 3)
    return [
      margins.top + input[0] + margins.bottom, margins.left + input[1] + margins.right, input[2],
    ]
  }

  public func build(for inputs: [Shape]) {
    let input = inputs[0]
    let output: Shape = [
      margins.top + input[0] + margins.bottom, margins.left + input[1] + margins.right, input[2],
    ]
    rearrangement = Rearrangement(input: input, output: output) { row, column in
      let (y, x) = (row - margins.top, column - margins.left)
      return 0..<input[0] ~= y && 0..<input[1] ~= x ? (y, x) : nil
    }
  }
}
