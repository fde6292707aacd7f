/// The mean over all pixels (Lin et al. 2014). x `[batch, height, width, channels]` → y `[batch, channels]`.
public final class GlobalAveragePooling2D: Layer {
  public let className = "GlobalAveragePooling2D"

  /// Whether the output is `[batch, 1, 1, channels]`.
  public let keepsAxes: Bool

  public init(keepsAxes: Bool = false) { self.keepsAxes = keepsAxes }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let channels = try ShapeError.requireSingle(inputs, rank: 3)[2]
    return keepsAxes ? [1, 1, channels] : [channels]
  }

  public func forward(_ call: ForwardCall) {
    let x = call.inputs[0]
    let channels = x.shape[3]
    let pixels = x.shape[1] * x.shape[2]
    call.pool.run(blocks: x.shape[0]) { _, image in
      let target = call.output.base + image * channels
      let source = x.base + image * pixels * channels
      target.update(repeating: 0, count: channels)
      for pixel in 0..<pixels {
        for c in 0..<channels { target[c] += source[pixel * channels + c] }
      }
      let scale = 1 / Float(pixels)
      for c in 0..<channels { target[c] *= scale }
    }
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    let channels = dx.shape[3]
    let pixels = dx.shape[1] * dx.shape[2]
    let scale = 1 / Float(pixels)
    call.pool.run(blocks: dx.shape[0]) { _, image in
      let source = call.outputGradient.base + image * channels
      let target = dx.base + image * pixels * channels
      for pixel in 0..<pixels {
        for c in 0..<channels { target[pixel * channels + c] = source[c] * scale }
      }
    }
  }
}
