import Testing

@testable import FERCore

@Suite struct BatchNormalizationTests {
  /// `moving = momentum · moving + (1 - momentum) · batch`, the batch's variance biased: Keras 3.
  @Test func movingStatisticsFollowTheBatch() throws {
    let layer = BatchNormalization(momentum: 0.75)
    let network = try NetworkBuilder.sequential(
      name: "case", inputShape: [4, 5, 9], seed: 1, [(nil, layer)])
    var random = SeededRandom(seed: 2)
    let plan = ExecutionPlan(
      network: network, batchSize: 3, mode: .training, pool: WorkerPool(threads: 2))
    var mean = Array(repeating: 0.0, count: 9)
    var variance = Array(repeating: 1.0, count: 9)
    for _ in 0..<3 {
      let x = random.normals(plan.input.shape.count).map { 3 + 2 * $0 }
      plan.input.write(x)
      plan.forward()
      let batch = Reference.statistics(x.doubles, channels: 9)
      mean = zip(mean, batch.mean).map { 0.75 * $0 + 0.25 * $1 }
      variance = zip(variance, batch.variance).map { 0.75 * $0 + 0.25 * $1 }
    }
    expectClose(Array(layer.parameters[2].value.elements), mean, ofScale: 1e-6)
    expectClose(Array(layer.parameters[3].value.elements), variance, ofScale: 1e-6)
  }

  /// Training moves the statistics that a plan for inference has prepared: it must see them without being told.
  @Test func inferenceSeesWhatTrainingMoved() throws {
    let network = try NetworkBuilder.sequential(
      name: "case", inputShape: [4, 5, 9], seed: 1, [(nil, BatchNormalization(momentum: 0.5))])
    let pool = WorkerPool(threads: 1)
    let training = ExecutionPlan(network: network, batchSize: 3, mode: .training, pool: pool)
    let answering = ExecutionPlan(network: network, batchSize: 1, mode: .inference, pool: pool)
    var random = SeededRandom(seed: 3)
    let x = random.normals(answering.input.shape.count)
    for _ in 0..<2 {
      answering.input.write(x)
      answering.forward()
      expectClose(
        Array(answering.output.elements),
        ReferenceNetwork(network, batchSize: 1, mode: .inference).output(for: x.doubles),
        ofScale: 1e-6)
      training.input.write(random.normals(training.input.shape.count).map { 3 + 2 * $0 })
      training.forward()
    }
  }

  @Test func statesAreNamedAsKerasNamesThem() throws {
    let names = { (layer: BatchNormalization) throws -> [String] in
      _ = try NetworkBuilder.sequential(
        name: "case", inputShape: [2, 2, 3], seed: 1, [(nil, layer)])
      return layer.parameters.map(\.name)
    }
    #expect(
      try names(BatchNormalization()) == ["gamma", "beta", "moving_mean", "moving_variance"])
    #expect(
      try names(BatchNormalization(centers: false)) == ["gamma", "moving_mean", "moving_variance"])
    #expect(
      try names(BatchNormalization(scales: false)) == ["beta", "moving_mean", "moving_variance"])
  }
}
