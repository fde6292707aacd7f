/// The image in a fixed size. x `[batch, anyHeight, anyWidth, channels]` → y `[batch, height, width, channels]`.
public final class Resizing: ResamplingLayer {
  public let className = "Resizing"
  public let size: (height: Int, width: Int)
  public let interpolation: Interpolation
  private(set) var resampling: Resampling?

  public init(_ size: (height: Int, width: Int), interpolation: Interpolation = .bilinear) {
    precondition(size.height > 0 && size.width > 0)
    self.size = size
    self.interpolation = interpolation
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    [size.height, size.width, try ShapeError.requireSingle(inputs, rank: 3)[2]]
  }

  public func build(for inputs: [Shape]) {
    let output: Shape = [size.height, size.width, inputs[0][2]]
    resampling = Resampling(from: inputs[0], to: output, method: interpolation)
  }
}
