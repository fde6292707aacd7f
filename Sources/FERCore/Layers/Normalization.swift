/// `(x - mean) / √variance` by numbers measured on the training data, over the last axis; a deviation below 1e-7 counts as
/// 1e-7, as in Keras.
public final class Normalization: Layer {
  public let className = "Normalization"
  /// Numbers given instead of measured: one a channel, or one for all.
  public let constants: (mean: [Float], variance: [Float])?
  public private(set) var parameters: [Parameter] = []

  /// - Parameter constants: nil where the file holds them as weights.
  public init(constants: (mean: [Float], variance: [Float])? = nil) { self.constants = constants }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs.count == 1, inputs[0].rank >= 1 else {
      throw ShapeError("takes one input with channels, found \(inputs)")
    }
    for list in [constants?.mean, constants?.variance].compactMap(\.self)
    where list.count != 1 && list.count != inputs[0].last {
      throw ShapeError("\(list.count) constants for \(inputs[0].last) channels")
    }
    return inputs[0]
  }

  public func build(for inputs: [Shape]) {
    guard constants == nil else { return }
    let shape: Shape = [inputs[0].last]
    parameters = [
      Parameter("mean", shape, .constant(0), isTrainable: false),
      Parameter("variance", shape, .constant(1), isTrainable: false),
      // Of measured images; nothing is computed from it.
      Parameter("count", [], .constant(0), isTrainable: false),
    ]
  }

  public var traits: LayerTraits { .inPlace }

  /// Prepared: the means, then what they are multiplied by.
  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    LayerMemory(prepared: 2 * inputs[0].last)
  }

  public func prepare(_ call: ForwardCall) {
    let channels = call.output.shape.last
    for c in 0..<channels {
      call.prepared[c] = mean(c)
      call.prepared[channels + c] = scale(c)
    }
  }

  public func forward(_ call: ForwardCall) {
    let channels = call.output.shape.last
    let (mean, scale) = (call.prepared, call.prepared + channels)
    let (x, y) = (call.inputs[0].base, call.output.base)
    let rows = call.output.shape.count / channels
    call.pool.run(over: rows, grain: max(1, Kernels.elementGrain / channels)) { range in
      for row in range {
        for c in 0..<channels {
          y[row * channels + c] = (x[row * channels + c] - mean[c]) * scale[c]
        }
      }
    }
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    let channels = dx.shape.last
    let dy = call.outputGradient.base
    let scale = call.prepared + channels
    call.pool.run(over: dx.shape.count / channels, grain: 256) { range in
      for row in range {
        for c in 0..<channels {
          dx.base[row * channels + c] = dy[row * channels + c] * scale[c]
        }
      }
    }
  }

  private func mean(_ channel: Int) -> Float {
    guard let constants else { return parameters[0].value.base[channel] }
    return constants.mean[constants.mean.count == 1 ? 0 : channel]
  }

  private func scale(_ channel: Int) -> Float {
    let variance =
      constants.map { $0.variance[$0.variance.count == 1 ? 0 : channel] }
      ?? parameters[1].value.base[channel]
    return 1 / max(variance.squareRoot(), 1e-7)
  }
}
