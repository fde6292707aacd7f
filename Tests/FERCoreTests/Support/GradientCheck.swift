import Testing

@testable import FERCore

/// Holds a network, run through an execution plan, to its reference in Double: outputs in all modes, and gradients
/// against central differences.
struct GradientCheck {
  let network: Network
  var batchSize = 3
  /// Of the largest output.
  var outputTolerance = 1e-5
  /// Of the largest gradient in the parameter, or a twentieth of the largest in the network.
  var gradientTolerance = 5e-5
  /// Elements of each parameter that are varied.
  var samples = 24

  private let randomKey: UInt64 = 77

  init(_ network: Network) { self.network = network }

  func run(seed: UInt64 = 1, sourceLocation: SourceLocation = #_sourceLocation) {
    var random = SeededRandom(seed: seed, 0x6C)
    network.randomize(&random)
    let input = random.normals(network.inputShape.count * batchSize)

    let answering = plan(.inference)
    answering.input.write(input)
    answering.forward()
    expectClose(
      Array(answering.output.elements),
      ReferenceNetwork(network, batchSize: batchSize, mode: .inference).output(
        for: input.doubles), ofScale: outputTolerance, "inference", sourceLocation: sourceLocation)

    // Frozen first: training moves the statistics it reads.
    for mode in [Mode.frozen, .training] {
      var reference = ReferenceNetwork(
        network, batchSize: batchSize, mode: mode, randomKey: randomKey)
      let training = plan(mode)
      training.input.write(input)
      training.forward(randomKey: randomKey)
      expectClose(
        Array(training.output.elements), reference.output(for: input.doubles),
        ofScale: outputTolerance * (mode == .training && trainsInLargeTiles ? 2 : 1), "\(mode)",
        sourceLocation: sourceLocation)
      let weights = random.normals(training.output.shape.count)
      training.outputGradient.write(weights)
      training.backward()
      compareGradients(
        &reference, input.doubles, weights.doubles, &random, sourceLocation: sourceLocation)
    }
  }

  /// F(6 x 6) rounds twice as much as F(4 x 4).
  private var trainsInLargeTiles: Bool {
    network.nodes.contains { node in
      node.layer?.algorithm(for: network.inputShapes(of: node), mode: .training)
        == ConvolutionAlgorithm.winograd6x6.rawValue
    }
  }

  private func plan(_ mode: Mode) -> ExecutionPlan {
    let plan = ExecutionPlan(
      network: network, batchSize: batchSize, mode: mode, pool: WorkerPool(threads: 2))
    plan.spoilArena()
    return plan
  }

  /// Compares with `(L(p + h) - L(p - h)) / 2h`, L the outputs' weighted sum.
  private func compareGradients(
    _ reference: inout ReferenceNetwork, _ input: [Double], _ weights: [Double],
    _ random: inout SeededRandom, sourceLocation: SourceLocation
  ) {
    // In Double the step's h² and the rounding's 10⁻¹⁶ / h are both near 10⁻¹⁰.
    let step = 1e-5
    func loss() -> Double {
      zip(reference.output(for: input), weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let start = loss()
    let largest = network.gradients.elements.lazy.map { Double(abs($0)) }.max() ?? 0
    for (index, parameter) in network.parameters.enumerated() where parameter.isTrainable {
      let found = Array(parameter.gradient.elements)
      let scale = max(found.doubles.magnitudes.max() ?? 0, largest / 20)
      let all = Array(found.indices)
      let chosen = all.count <= samples ? all : (0..<samples).map { _ in random.element(of: all) }
      var checked = 0
      for element in chosen {
        let value = reference.parameters[index][element]
        reference.parameters[index][element] = value + step
        let above = loss()
        reference.parameters[index][element] = value - step
        let below = loss()
        reference.parameters[index][element] = value
        // The corner of a ReLU or a pooling lies within the step: there is no derivative to compare with.
        let bend = abs((above - start) - (start - below)) / step
        guard bend < 1e-2 * scale else { continue }
        checked += 1
        let expected = (above - below) / (2 * step)
        let error = abs(Double(found[element]) - expected)
        #expect(
          error <= gradientTolerance * scale,
          "\(parameter.name) of parameter \(index), element \(element): \(found[element]), expected \(expected), scale \(scale)",
          sourceLocation: sourceLocation)
      }
      #expect(checked * 4 >= chosen.count * 3, "\(parameter.name)", sourceLocation: sourceLocation)
    }
  }
}

extension Network {
  /// Draws parameters that no special value hides behind: shifts other than zero, scales other than one.
  func randomize(_ random: inout SeededRandom) {
    for parameter in parameters {
      let value = parameter.value
      for index in 0..<value.shape.count {
        switch parameter.name {
        case "kernel", "depthwise_kernel", "pointwise_kernel": break
        case "gamma", "moving_variance", "variance": value.base[index] = random.uniform(0.5, 1.5)
        default: value.base[index] = random.uniform(-0.5, 0.5)
        }
      }
    }
    parametersChanged()
  }
}

extension FloatBuffer {
  var elements: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

extension MutableTensorView {
  func write(_ elements: [Float]) {
    precondition(elements.count == shape.count)
    for (index, element) in elements.enumerated() { base[index] = element }
  }
}

extension ExecutionPlan {
  /// Fills the arena with not-a-numbers, so that reading what nobody wrote shows.
  func spoilArena() { arena.base.update(repeating: .nan, count: arena.count) }
}
