/// Each element's share of its row's sum, over the last axis: `yᵢ = x⁺ᵢ / Σⱼ x⁺ⱼ` with `x⁺ = max(x, 0)`; a row with nothing
/// above zero is shared alike. What Keras' categorical cross-entropy takes scores for that are no probabilities.
public final class ShareOfSum: Layer {
  /// No class of Keras: files for it hold the network without this layer.
  public let className = "ShareOfSum"

  public init() {}

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try ShapeError.requireSingle(inputs)
  }

  public var traits: LayerTraits {
    var traits = LayerTraits()
    traits.backwardReadsInputs = true
    return traits
  }

  public func forward(_ call: ForwardCall) {
    let (x, y) = (call.inputs[0].base, call.output.base)
    let columns = call.output.shape.last
    call.pool.run(over: call.output.shape.count / max(columns, 1), grain: 256) { rows in
      for number in rows {
        let row = number * columns..<(number + 1) * columns
        let sum = row.reduce(0) { $0 + Self.above(x[$1]) }
        for j in row { y[j] = sum == 0 ? 1 / Float(columns) : Self.above(x[j]) / sum }
      }
    }
  }

  /// `dxᵢ = (dyᵢ - Σⱼ dyⱼ yⱼ) / Σⱼ x⁺ⱼ` where xᵢ is above zero, else 0.
  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    let (x, dy) = (call.inputs[0].base, call.outputGradient.base)
    let columns = call.outputGradient.shape.last
    call.pool.run(over: call.outputGradient.shape.count / max(columns, 1), grain: 256) { rows in
      for number in rows {
        let row = number * columns..<(number + 1) * columns
        let sum = row.reduce(0) { $0 + Self.above(x[$1]) }
        let dot = row.reduce(0) {
          $0 + dy[$1] * Self.above(x[$1]) / max(sum, .leastNormalMagnitude)
        }
        for j in row { dx.base[j] = x[j] > 0 ? (dy[j] - dot) / sum : 0 }
      }
    }
  }

  /// Not a number stays none: a network that answers nothing sensible must not look well.
  private static func above(_ x: Float) -> Float { x < 0 ? 0 : x }
}
