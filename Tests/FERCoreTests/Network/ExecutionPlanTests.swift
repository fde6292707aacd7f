import Testing

@testable import FERCore

@Suite struct ExecutionPlanTests {
  /// Sharing memory and working in place change no bit of outputs, gradients or moving statistics; fusing layers changes
  /// the order of sums.
  @Test(arguments: 0..<150) func aPlanEqualsSeparateMemory(seed: UInt64) throws {
    let network = try RandomGraph.network(seed: seed)
    var random = SeededRandom(seed: seed, 1)
    network.randomize(&random)
    let batchSize = 1 + random.integer(below: 4)
    let input = random.normals(batchSize * network.inputShape.count)
    let start = network.values.elements
    for mode in [Mode.inference, .training] {
      network.restore(start)
      let separate = SeparateMemory(network, batchSize: batchSize, mode: mode)
      let expected = separate.forward(input, randomKey: 5)
      let weights = random.normals(expected.count)
      network.gradients.base.update(repeating: .nan, count: network.gradients.count)
      if mode == .training { separate.backward(weights) }
      let gradients = network.trainableGradients
      let moved = network.values.elements
      #expect(separate.isIntact)

      network.restore(start)
      for fuses in [false, true] {
        let plan = ExecutionPlan(
          network: network, batchSize: batchSize, mode: mode, pool: WorkerPool(threads: 2),
          fuses: fuses)
        plan.spoilArena()
        // The second pass meets what the first one left.
        for _ in 0..<2 {
          network.restore(start)
          network.gradients.base.update(repeating: .nan, count: network.gradients.count)
          plan.input.write(input)
          plan.forward(randomKey: 5)
          expectSame(Array(plan.output.elements), expected, exact: !fuses, "output")
          guard mode == .training else { continue }
          plan.outputGradient.write(weights)
          plan.backward()
          expectSame(network.trainableGradients, gradients, exact: !fuses, "gradients")
          expectSame(network.values.elements, moved, exact: !fuses, "values")
        }
      }
    }
  }

  private func expectSame(_ found: [Float], _ expected: [Float], exact: Bool, _ what: String) {
    if exact {
      #expect(found.bits == expected.bits, "\(what)")
    } else {
      expectClose(found, expected.map(Double.init), ofScale: 1e-4, what)
    }
  }

  @Test(arguments: 0..<12) func aRandomGraphMatchesTheReference(seed: UInt64) throws {
    var check = GradientCheck(try RandomGraph.network(seed: seed &+ 1000))
    check.outputTolerance = 5e-5
    check.gradientTolerance = 1e-3
    check.samples = 6
    check.run(seed: seed)
  }

  /// Work is cut by shape and summed in order, so the number of threads changes no bit.
  @Test(arguments: Architecture.all.map(\.name)) func threadsChangeNoBit(name: String) throws {
    let network = try #require(Architecture.named(name)).network(seed: 4)
    var random = SeededRandom(seed: 5)
    let batchSize = 3
    let input = (0..<batchSize * network.inputShape.count).map { _ in random.uniform(0, 255) }
    let start = network.values.elements
    var first: (output: [UInt32], gradients: [UInt32], values: [UInt32], answers: [UInt32])?
    for threads in [1, 2, 5] {
      network.restore(start)
      let pool = WorkerPool(threads: threads)
      let plan = ExecutionPlan(
        network: network, batchSize: batchSize, mode: .training, pool: pool)
      plan.input.write(input)
      plan.forward(randomKey: 6)
      let output = Array(plan.output.elements)
      plan.outputGradient.write(output.map { $0 * 0.1 + 0.01 })
      plan.backward()
      let answering = ExecutionPlan(
        network: network, batchSize: batchSize, mode: .inference, pool: pool, reusing: plan)
      answering.input.write(input)
      answering.forward()
      let found = (
        output: output.bits, gradients: network.gradients.elements.bits,
        values: network.values.elements.bits, answers: Array(answering.output.elements).bits
      )
      #expect(output.allSatisfy { $0.isFinite })
      guard let first else {
        first = found
        continue
      }
      #expect(found.output == first.output, "\(threads) threads")
      #expect(found.gradients == first.gradients, "\(threads) threads")
      #expect(found.values == first.values, "\(threads) threads")
      #expect(found.answers == first.answers, "\(threads) threads")
    }
  }

  /// The last batch of an epoch is smaller: its plan borrows the arena, and each still answers as if alone.
  @Test(arguments: [Mode.training, .inference]) func plansShareAnArena(mode: Mode) throws {
    let network = try RandomGraph.network(seed: 7)
    let pool = WorkerPool(threads: 2)
    let large = ExecutionPlan(network: network, batchSize: 8, mode: mode, pool: pool)
    let small = ExecutionPlan(
      network: network, batchSize: 3, mode: mode, pool: pool, reusing: large)
    #expect(small.arena === large.arena)
    let larger = ExecutionPlan(
      network: network, batchSize: 9, mode: mode, pool: pool, reusing: large)
    #expect(larger.arena !== large.arena)
    var random = SeededRandom(seed: 8)
    for plan in [large, small, larger, small, large] {
      let input = random.normals(plan.input.shape.count)
      let alone = ExecutionPlan(
        network: network, batchSize: plan.batchSize, mode: mode, pool: pool)
      var results: [[UInt32]] = []
      for plan in [alone, plan] {
        plan.input.write(input)
        plan.forward(randomKey: 1)
        results.append(Array(plan.output.elements).bits)
        guard mode == .training else { continue }
        plan.outputGradient.fill(0.5)
        plan.backward()
        results[results.count - 1] += network.trainableGradients.bits
      }
      #expect(results[0] == results[1])
    }
  }

  /// A sample's answer does not depend on its company.
  @Test(arguments: Architecture.all.map(\.name)) func inferenceTreatsSamplesAlone(name: String)
    throws
  {
    let network = try #require(Architecture.named(name)).network(seed: 4)
    let pool = WorkerPool(threads: 2)
    var random = SeededRandom(seed: 9)
    let count = network.inputShape.count
    let input = (0..<5 * count).map { _ in random.uniform(0, 255) }
    let together = ExecutionPlan(network: network, batchSize: 5, mode: .inference, pool: pool)
    together.input.write(input)
    together.forward()
    let alone = ExecutionPlan(network: network, batchSize: 1, mode: .inference, pool: pool)
    for sample in 0..<5 {
      alone.input.write(Array(input[sample * count..<(sample + 1) * count]))
      alone.forward()
      expectClose(
        Array(together.output.elements[sample * 7..<(sample + 1) * 7]),
        Array(alone.output.elements).doubles, ofScale: 1e-6)
    }
  }

  @Test func aPlanSeesChangedParameters() throws {
    let network = try NetworkBuilder.sequential(
      name: "case", inputShape: [4, 4, 8], seed: 1,
      [(nil, Conv2D(filters: 8, kernelSize: 3)), (nil, Flatten()), (nil, Dense(units: 3))])
    let plan = ExecutionPlan(
      network: network, batchSize: 2, mode: .inference, pool: WorkerPool(threads: 1))
    var random = SeededRandom(seed: 2)
    let input = random.normals(plan.input.shape.count)
    for _ in 0..<3 {
      plan.input.write(input)
      plan.forward()
      expectClose(
        Array(plan.output.elements),
        ReferenceNetwork(network, batchSize: 2, mode: .inference).output(for: input.doubles),
        ofScale: 1e-5)
      for index in 0..<network.values.count { network.values.base[index] = random.normal() }
      network.parametersChanged()
    }
  }

  /// The default network in training takes less memory than its activations and gradients side by side.
  @Test func theArenaIsSmallerThanItsBuffers() throws {
    let network = try Architecture.fast.network(seed: 1)
    let plan = ExecutionPlan(
      network: network, batchSize: 8, mode: .training, pool: WorkerPool(threads: 2))
    let activations = network.nodes.reduce(0) { $0 + $1.outputShape.count } * 8
    #expect(plan.arenaCount < 2 * activations)
    let answering = ExecutionPlan(
      network: network, batchSize: 8, mode: .inference, pool: WorkerPool(threads: 2))
    #expect(answering.arenaCount < plan.arenaCount / 2)
  }
}

extension Network {
  /// Puts values back as they were.
  fileprivate func restore(_ elements: [Float]) {
    for (index, element) in elements.enumerated() { values.base[index] = element }
    parametersChanged()
  }

  /// The gradients without the padding between parameters.
  fileprivate var trainableGradients: [Float] {
    parameters.filter(\.isTrainable).flatMap { Array($0.gradient.elements) }
  }
}
