import Foundation
import Testing

@testable import FERCore

@Suite struct OptimizerTests {
  /// Parameters of 24 decaying floats, 8 that do not, 40008 that do (more than two pieces) and 16 that are not learned.
  static let layout: [(count: Int, decays: Bool)] = [(24, true), (8, false), (40008, true)]
  static let trainable = 40040
  static let total = 40056

  static func decays(_ index: Int) -> Bool { !(24..<32).contains(index) }

  static func makeBlock(seed: UInt64) -> ParameterBlock {
    let block = ParameterBlock(
      values: FloatBuffer(count: total), gradients: FloatBuffer(count: trainable),
      parameters: layout)
    var random = SeededRandom(seed: seed)
    for i in 0..<total { block.values.base[i] = random.uniform(-1, 1) }
    return block
  }

  /// The textbook rules, a scalar at a time in Double.
  struct Reference {
    let configuration: OptimizerConfiguration
    var w: Double
    var m = 0.0
    var v = 0.0
    var t = 0

    mutating func step(gradient: Double, rate: Double, decays: Bool) {
      let c = configuration
      let decay = decays ? Double(c.weightDecay) : 0
      t += 1
      switch c.kind {
      case .sgd:
        let g = gradient + decay * w
        v = Double(c.momentum) * v - rate * g
        w += c.nesterov ? Double(c.momentum) * v - rate * g : v
      case .adam, .adamw:
        let g = c.kind == .adam ? gradient + decay * w : gradient
        if c.kind == .adamw { w -= rate * decay * w }
        m = Double(c.beta1) * m + (1 - Double(c.beta1)) * g
        v = Double(c.beta2) * v + (1 - Double(c.beta2)) * g * g
        let correctedRate =
          rate * (1 - pow(Double(c.beta2), Double(t))).squareRoot()
          / (1 - pow(Double(c.beta1), Double(t)))
        w -= correctedRate * m / (v.squareRoot() + Double(c.epsilon))
      }
    }
  }

  static let configurations: [OptimizerConfiguration] = {
    var list = OptimizerConfiguration.Kind.allCases.map { OptimizerConfiguration(kind: $0) }
    var plain = OptimizerConfiguration(kind: .sgd)
    plain.nesterov = false
    list.append(plain)
    for kind in OptimizerConfiguration.Kind.allCases {
      var decaying = OptimizerConfiguration(kind: kind)
      decaying.weightDecay = 0.01
      list.append(decaying)
    }
    return list
  }()

  @Test(arguments: configurations)
  func followsTheReference(configuration: OptimizerConfiguration) {
    let block = Self.makeBlock(seed: 1)
    let optimizer = configuration.makeOptimizer(trainableCount: Self.trainable)
    let watched = Array(0..<40) + [16383, 16384, 16415, 16416, 32800, 40039]
    var references = watched.map {
      Reference(configuration: configuration, w: Double(block.values.base[$0]))
    }
    let pool = WorkerPool(threads: 2)
    for step in 0..<6 {
      var random = SeededRandom(seed: 100, UInt64(step))
      for i in 0..<Self.trainable { block.gradients.base[i] = random.uniform(-2, 2) }
      let rate: Float = step < 3 ? 0.01 : 0.002
      for (position, index) in watched.enumerated() {
        references[position].step(
          gradient: 0.5 * Double(block.gradients.base[index]), rate: Double(rate),
          decays: Self.decays(index))
      }
      optimizer.update(block, learningRate: rate, gradientScale: 0.5, average: nil, pool: pool)
    }
    #expect(optimizer.updates == 6)
    for (position, index) in watched.enumerated() {
      // Six steps of a few roundings each of numbers near 1; Adam's step can be 0.01 · a relative 1e-5.
      #expect(
        abs(Double(block.values.base[index]) - references[position].w) < 2e-6,
        "\(configuration.kind) at \(index)")
    }
  }

  @Test func firstStepsByHand() {
    let one = { (kind: OptimizerConfiguration.Kind) -> Float in
      let block = ParameterBlock(
        values: FloatBuffer(count: 16), gradients: FloatBuffer(count: 16),
        parameters: [(16, true)])
      block.values.base[0] = 1
      block.gradients.base[0] = 0.5
      var configuration = OptimizerConfiguration(kind: kind)
      configuration.weightDecay = kind == .adamw ? 0.1 : 0
      configuration.makeOptimizer(trainableCount: 16).update(
        block, learningRate: 0.1, gradientScale: 1, average: nil, pool: WorkerPool(threads: 1))
      #expect((1..<16).allSatisfy { block.values.base[$0] == 0 })  // padding stays zero
      return block.values.base[0]
    }
    #expect(abs(one(.sgd) - (1 - 0.05 - 0.045)) < 1e-7)  // Nesterov: -η·g - μ·η·g
    #expect(abs(one(.adam) - 0.9) < 2e-6)  // the first step of Adam is η · sign(g), nearly
    #expect(abs(one(.adamw) - (0.99 - 0.1)) < 2e-6)  // w shrinks by η · λ first
  }

  @Test func sameBitsOnAnyNumberOfThreads() {
    let run = { (threads: Int) -> [UInt32] in
      let block = Self.makeBlock(seed: 2)
      let optimizer = OptimizerConfiguration(kind: .adamw).makeOptimizer(
        trainableCount: Self.trainable)
      let average = MovingAverage(of: block.values, decay: 0.99)
      let clipping = GradientClipping(for: block)
      let pool = WorkerPool(threads: threads)
      for step in 0..<3 {
        var random = SeededRandom(seed: 7, UInt64(step))
        for i in 0..<Self.trainable { block.gradients.base[i] = random.normal() }
        let scale = GradientClipping.scale(norm: clipping.norm(of: block, pool: pool), limit: 1)
        optimizer.update(
          block, learningRate: 0.01, gradientScale: scale, average: average, pool: pool)
      }
      return (0..<Self.total).map { block.values.base[$0].bitPattern }
        + (0..<Self.total).map { average.values.base[$0].bitPattern }
    }
    let one = run(1)
    #expect(run(2) == one)
    #expect(run(5) == one)
  }

  @Test func clipping() {
    let block = Self.makeBlock(seed: 3)
    let pool = WorkerPool(threads: 2)
    let clipping = GradientClipping(for: block)
    var random = SeededRandom(seed: 4)
    var squares = 0.0
    for i in 0..<Self.trainable {
      block.gradients.base[i] = random.normal()
      squares += Double(block.gradients.base[i]) * Double(block.gradients.base[i])
    }
    let norm = clipping.norm(of: block, pool: pool)
    #expect(abs(norm / squares.squareRoot() - 1) < 1e-12)
    #expect(GradientClipping.scale(norm: 10, limit: 2.5) == 0.25)
    #expect(GradientClipping.scale(norm: 2, limit: 2.5) == 1)
    #expect(GradientClipping.scale(norm: 0, limit: 1) == 1)
    block.gradients.base[77] = .nan
    #expect(clipping.norm(of: block, pool: pool).isNaN)
  }

  @Test func movingAverage() {
    let block = Self.makeBlock(seed: 5)
    let average = MovingAverage(of: block.values, decay: 0.15)
    let pool = WorkerPool(threads: 2)
    let optimizer = OptimizerConfiguration(kind: .sgd).makeOptimizer(
      trainableCount: Self.trainable)
    let watched = [0, 31, 40039, 40040, 40055]  // the last two are not learned
    var expected = watched.map { Double(block.values.base[$0]) }
    for t in 0..<4 {
      for i in 0..<Self.trainable { block.gradients.base[i] = Float(i % 5) - 2 }
      for i in Self.trainable..<Self.total { block.values.base[i] += 1 }
      optimizer.update(block, learningRate: 0.1, gradientScale: 1, average: average, pool: pool)
      let d = min(0.15, (1 + Double(t)) / (10 + Double(t)))  // 0.1, then 0.15: the cap
      for (position, index) in watched.enumerated() {
        expected[position] = d * expected[position] + (1 - d) * Double(block.values.base[index])
      }
    }
    #expect(average.updates == 4)
    for (position, index) in watched.enumerated() {
      #expect(abs(Double(average.values.base[index]) - expected[position]) < 1e-6)
    }
    let (current, averaged) = (block.values.base[31], average.values.base[31])
    average.exchange(with: block.values)
    #expect(block.values.base[31] == averaged && average.values.base[31] == current)
  }
}
