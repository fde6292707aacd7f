/// The largest value of each window. x `[batch, height, width, channels]` → y `[batch, outHeight, outWidth, channels]`;
/// windows may hang over the border with `same`, where the padding never wins.
public final class MaxPooling2D: Layer {
  public let className = "MaxPooling2D"
  public let window: PoolingWindow
  public init(
    poolSize: (height: Int, width: Int) = (2, 2), strides: (height: Int, width: Int)? = nil,
    padding: Padding = .valid
  ) {
    window = PoolingWindow(size: poolSize, strides: strides ?? poolSize, padding: padding)
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let shape = try window.outputShape(for: inputs)
    guard window.size.height * window.size.width <= 256 else {
      throw ShapeError("windows of more than 256 elements are not supported")
    }
    return shape
  }

  // One byte for each output says which element of the window won.
  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    LayerMemory(
      saved: mode.goesBackward ? (window.geometry(inputs[0]).outputShape.count + 3) / 4 : 0)
  }

  public func forward(_ call: ForwardCall) {
    Pooling.maximum(
      call.inputs[0].base, into: call.output.base,
      places: call.mode.goesBackward ? PoolingWindow.places(call.saved) : nil,
      window.geometry(call.inputs[0].shape), pool: call.pool)
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    Pooling.maximumGradient(
      call.outputGradient.base, places: PoolingWindow.places(call.saved), into: dx.base,
      window.geometry(dx.shape), pool: call.pool)
  }
}

/// The window of a pooling layer.
public struct PoolingWindow {
  public let size: (height: Int, width: Int)
  public let strides: (height: Int, width: Int)
  public let padding: Padding

  func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = try ShapeError.requireSingle(inputs, rank: 3)
    let g = geometry(input.batched(1))
    guard g.outputHeight > 0, g.outputWidth > 0 else {
      throw ShapeError("a \(size.height) x \(size.width) window does not fit into input \(input)")
    }
    return [g.outputHeight, g.outputWidth, input[2]]
  }

  func geometry(_ input: Shape) -> ConvolutionGeometry {
    ConvolutionGeometry(
      input: input, kernel: size, stride: strides, padding: padding, outputChannels: input[3])
  }

  /// Whether the windows are 2 x 2, side by side, and all inside.
  func halves(height: Int, width: Int) -> Bool {
    let g = geometry([1, height, width, 1])
    return size == (2, 2) && strides == (2, 2) && g.padTop == 0 && g.padLeft == 0
      && g.outputHeight == height / 2 && g.outputWidth == width / 2
  }

  /// A layer's saved memory as one byte for each output.
  static func places(_ saved: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(saved).assumingMemoryBound(to: UInt8.self)
  }
}
