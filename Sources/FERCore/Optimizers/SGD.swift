/// Stochastic gradient descent with momentum, in Keras' form, where the velocity holds the learning rate:
///
///     g ← scale · g + λ · w        L2, where the parameter decays
///     v ← μ · v - η · g
///     w ← w + v                    or, with Nesterov's look ahead,  w ← w + μ · v - η · g
public final class SGD: Optimizer {
  public let momentum: Float
  public let nesterov: Bool
  public let weightDecay: Float
  public var updates = 0
  public let slots: [(name: String, values: FloatBuffer)]
  private let velocity: FloatBuffer

  public init(count: Int, momentum: Float, nesterov: Bool, weightDecay: Float = 0) {
    precondition(momentum >= 0 && momentum < 1, "momentum \(momentum)")
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    velocity = FloatBuffer(count: count)
    slots = [("velocity", velocity)]
  }

  public func update(
    _ block: ParameterBlock, learningRate: Float, gradientScale: Float, average: MovingAverage?,
    pool: WorkerPool
  ) {
    precondition(velocity.count == block.trainableCount)
    updates += 1
    average?.advance()
    let momentum = Lanes(repeating: momentum)
    let scale = Lanes(repeating: gradientScale)
    let descent = Lanes(repeating: -learningRate)
    pool.run(blocks: block.pieces.count) { _, index in
      let piece = block.pieces[index]
      let decay = Lanes(repeating: piece.decays ? weightDecay : 0)
      let w = block.values.base + piece.start
      let g = block.gradients.base + piece.start
      let v = velocity.base + piece.start
      for i in stride(from: 0, to: piece.count, by: Lanes.scalarCount) {
        var value = Lanes(at: w + i)
        var gradient = Lanes(at: g + i) * scale
        gradient.accumulate(decay, value)
        let step = descent * gradient
        var speed = step
        speed.accumulate(momentum, Lanes(at: v + i))
        speed.store(to: v + i)
        if nesterov {
          value += step
          value.accumulate(momentum, speed)
        } else {
          value += speed
        }
        value.store(to: w + i)
      }
      average?.update(from: block.values, piece.start, piece.count)
    }
    average?.updateRest(from: block.values, after: block.trainableCount, pool: pool)
  }
}
