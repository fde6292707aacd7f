/// The largest value over all pixels. x `[batch, height, width, channels]` → y `[batch, channels]`.
public final class GlobalMaxPooling2D: Layer {
  public let className = "GlobalMaxPooling2D"

  /// Whether the output is `[batch, 1, 1, channels]`.
  public let keepsAxes: Bool

  public init(keepsAxes: Bool = false) { self.keepsAxes = keepsAxes }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let channels = try ShapeError.requireSingle(inputs, rank: 3)[2]
    return keepsAxes ? [1, 1, channels] : [channels]
  }

  public var traits: LayerTraits {
    var traits = LayerTraits()
    traits.backwardReadsInputs = true
    traits.backwardReadsOutput = true
    return traits
  }

  public func forward(_ call: ForwardCall) {
    let x = call.inputs[0]
    let channels = x.shape[3]
    let pixels = x.shape[1] * x.shape[2]
    call.pool.run(blocks: x.shape[0]) { _, image in
      let target = call.output.base + image * channels
      let source = x.base + image * pixels * channels
      target.update(from: source, count: channels)
      for pixel in 1..<max(1, pixels) {
        for c in 0..<channels {
          let value = source[pixel * channels + c]
          // Not-a-number wins, so that a broken run is seen.
          if value > target[c] || value.isNaN { target[c] = value }
        }
      }
    }
  }

  /// The first of equal pixels gets it all.
  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    let x = call.inputs[0]
    let channels = x.shape[3]
    let pixels = x.shape[1] * x.shape[2]
    call.pool.run(blocks: x.shape[0]) { _, image in
      let source = x.base + image * pixels * channels
      let target = dx.base + image * pixels * channels
      let (largest, gradient) = (call.output.base + image * channels, call.outputGradient.base)
      target.update(repeating: 0, count: pixels * channels)
      for c in 0..<channels {
        for pixel in 0..<pixels where source[pixel * channels + c] == largest[c] {
          target[pixel * channels + c] = gradient[image * channels + c]
          break
        }
      }
    }
  }
}
