/// The mean of each window's part inside the image. x `[batch, height, width, channels]` → y `[batch, outHeight,
/// outWidth, channels]`.
public final class AveragePooling2D: Layer {
  public let className = "AveragePooling2D"
  public let window: PoolingWindow

  public init(
    poolSize: (height: Int, width: Int) = (2, 2), strides: (height: Int, width: Int)? = nil,
    padding: Padding = .valid
  ) {
    window = PoolingWindow(size: poolSize, strides: strides ?? poolSize, padding: padding)
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try window.outputShape(for: inputs)
  }

  public func forward(_ call: ForwardCall) {
    Pooling.average(
      call.inputs[0].base, into: call.output.base, window.geometry(call.inputs[0].shape),
      pool: call.pool)
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    Pooling.averageGradient(
      call.outputGradient.base, into: dx.base, window.geometry(dx.shape), pool: call.pool)
  }
}
