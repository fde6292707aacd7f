/// The image without its margins. x `[batch, height, width, channels]` → y `[batch, height - top - bottom, width - left -
/// right, channels]`.
public final class Cropping2D: RearrangingLayer {
  public let className = "Cropping2D"
  public let margins: Margins
  private(set) var rearrangement: Rearrangement?

  public init(_ margins: Margins) { self.margins = margins }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = try ShapeError.requireSingle(inputs, rank: 3)
    let height = input[0] - margins.top - margins.bottom
    let width = input[1] - margins.left - margins.right
    guard height > 0, width > 0 else {
      throw ShapeError("cropping leaves nothing of input \(input)")
    }
    return [height, width, input[2]]
  }

  public func build(for inputs: [Shape]) {
    let input = inputs[0]
    let output: Shape = [
      input[0] - margins.top - margins.bottom, input[1] - margins.left - margins.right, input[2],
    ]
    rearrangement = Rearrangement(input: input, output: output) {
      ($0 + margins.top, $1 + margins.left)
    }
  }
}
