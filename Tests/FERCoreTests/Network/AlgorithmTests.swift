import Testing

@testable import FERCore

/// A network may be computed by any algorithm: the answers differ by rounding alone.
@Suite struct AlgorithmTests {
  @Test(arguments: ConvolutionAlgorithm.allCases, Architecture.all.map(\.name))
  func everyAlgorithmAnswersAndLearnsAlike(algorithm: ConvolutionAlgorithm, name: String) throws {
    let network = try #require(Architecture.named(name)).network(seed: 3)
    var random = SeededRandom(seed: 4)
    let batchSize = 4
    let input = (0..<batchSize * network.inputShape.count).map { _ in random.uniform(0, 255) }
    let start = network.values.elements
    var results: [[Float]] = []
    for algorithm in [.direct, algorithm] {
      network.compute(with: algorithm)
      network.values.base.update(from: start, count: start.count)
      network.parametersChanged()
      let plan = ExecutionPlan(
        network: network, batchSize: batchSize, mode: .training, pool: WorkerPool(threads: 2))
      plan.input.write(input)
      plan.forward(randomKey: 1)
      let logits = Array(plan.output.elements)
      plan.outputGradient.write(logits.indices.map { Float($0 % 7) - 3 })
      plan.backward()
      results += [logits, network.gradients.elements]
    }
    expectClose(results[2], results[0].map(Double.init), ofScale: 1e-4, "logits")
    // Where two outputs are equal but for rounding, ReLU and pooling may choose differently: compare as a whole.
    let difference = zip(results[3], results[1]).reduce(0.0) {
      $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
    }
    let size = results[1].reduce(0.0) { $0 + Double($1) * Double($1) }
    let share = algorithm == .winograd6x6 ? 5e-2 : 2e-2
    #expect(difference.squareRoot() < share * size.squareRoot())
  }

  /// The layers say what computes them, and take what they are told.
  @Test func theChoiceIsPrintedAndObeyed() throws {
    let network = try Architecture.fast.network(seed: 1)
    func chosen(_ mode: Mode = .inference) -> [String] {
      network.nodes.compactMap { node in
        (node.layer as? Conv2D)?.algorithm(for: network.inputShapes(of: node), mode: mode)
      }
    }
    #expect(chosen() == ["direct"] + Array(repeating: "winograd-4x4", count: 6))
    #expect(chosen(.training) == ["direct"] + Array(repeating: "winograd-6x6", count: 6))
    network.compute(with: .winograd2x2)
    #expect(chosen() == Array(repeating: "winograd-2x2", count: 7))
    network.compute(with: .direct)
    #expect(chosen() == Array(repeating: "direct", count: 7))
  }
}
