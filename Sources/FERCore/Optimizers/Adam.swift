/// Adam (Kingma & Ba 2015, algorithm 1 in the order of §2's end), and AdamW (Loshchilov & Hutter 2019) where decoupled:
///
///     g ← scale · g + λ · w        L2 (Adam), where the parameter decays
///     w ← w - η · λ · w            decoupled (AdamW), where the parameter decays; η with its schedule, as in Keras
///     m ← β₁ · m + (1 - β₁) · g
///     v ← β₂ · v + (1 - β₂) · g²
///     w ← w - η · √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε̂)
public final class Adam: Optimizer {
  public let beta1: Float
  public let beta2: Float
  public let epsilon: Float
  public let weightDecay: Float
  public let decoupled: Bool
  public var updates = 0
  public let slots: [(name: String, values: FloatBuffer)]
  private let first: FloatBuffer
  private let second: FloatBuffer

  public init(
    count: Int, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-7,
    weightDecay: Float = 0, decoupled: Bool = false
  ) {
    precondition(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "betas \(beta1), \(beta2)")
    precondition(epsilon > 0, "Adam divides by √v + ε: zero gradients need an ε")
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decoupled = decoupled
    first = FloatBuffer(count: count)
    second = FloatBuffer(count: count)
    slots = [("momentum", first), ("velocity", second)]
  }

  public func update(
    _ block: ParameterBlock, learningRate: Float, gradientScale: Float, average: MovingAverage?,
    pool: WorkerPool
  ) {
    precondition(first.count == block.trainableCount)
    updates += 1
    average?.advance()
    let rate =
      Double(learningRate) * (1 - power(beta2, updates)).squareRoot() / (1 - power(beta1, updates))
    let descent = Lanes(repeating: Float(-rate))
    let scale = Lanes(repeating: gradientScale)
    let keepFirst = Lanes(repeating: beta1)
    let takeFirst = Lanes(repeating: 1 - beta1)
    let keepSecond = Lanes(repeating: beta2)
    let takeSecond = Lanes(repeating: 1 - beta2)
    let epsilon = Lanes(repeating: epsilon)
    pool.run(blocks: block.pieces.count) { _, index in
      let piece = block.pieces[index]
      let coupledDecay = Lanes(repeating: piece.decays && !decoupled ? weightDecay : 0)
      let shrink = Lanes(repeating: piece.decays && decoupled ? -learningRate * weightDecay : 0)
      let w = block.values.base + piece.start
      let g = block.gradients.base + piece.start
      let m = first.base + piece.start
      let v = second.base + piece.start
      for i in stride(from: 0, to: piece.count, by: Lanes.scalarCount) {
        var value = Lanes(at: w + i)
        var gradient = Lanes(at: g + i) * scale
        gradient.accumulate(coupledDecay, value)
        value.accumulate(shrink, value)
        var mean = takeFirst * gradient
        mean.accumulate(keepFirst, Lanes(at: m + i))
        mean.store(to: m + i)
        var variance = takeSecond * gradient * gradient
        variance.accumulate(keepSecond, Lanes(at: v + i))
        variance.store(to: v + i)
        value.accumulate(descent, mean / (variance.squareRoot() + epsilon))
        value.store(to: w + i)
      }
      average?.update(from: block.values, piece.start, piece.count)
    }
    average?.updateRest(from: block.values, after: block.trainableCount, pool: pool)
  }

  /// β^t by repeated squaring, in Double: the same on every machine.
  private func power(_ base: Float, _ exponent: Int) -> Double {
    var result = 1.0
    var factor = Double(base)
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }
}
