/// How a resized image gets its pixels.
public enum Interpolation: String, CaseIterable, Sendable {
  case nearest, bilinear

  var method: Resampling.Method { self == .nearest ? .nearest : .bilinear }
}

/// The image in a fixed size. x `[batch, anyHeight, anyWidth, channels]` → y `[batch, height, width, channels]`.
public final class Resizing: Layer {
  public let className = "Resizing"
  public let size: (height: Int, width: Int)
  public let interpolation: Interpolation
  private var resampling: Resampling?

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
    resampling = Resampling(from: inputs[0], to: output, method: interpolation.method)
  }

  public func forward(_ call: ForwardCall) {
    resampling?.forward(
      call.inputs[0].base, into: call.output.base, batch: call.output.shape[0], pool: call.pool)
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    resampling?.backward(
      call.outputGradient.base, into: dx.base, batch: dx.shape[0], pool: call.pool)
  }
}
