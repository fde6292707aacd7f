import FERCore

/// The work that is timed: a training step as the trainer makes it, and an answer, both on noise.
final class BenchStep {
  static let learningRate: Float = 1e-3

  let network: Network
  let plan: ExecutionPlan
  private let images: Tensor
  private let targets: Tensor
  private let loss = SoftmaxCrossEntropy()
  private let optimizer: any Optimizer
  private let block: ParameterBlock
  private var steps: UInt64 = 0

  /// - Parameter mode: whether `run` trains or answers.
  init(network: Network, batchSize: Int, mode: Mode, pool: WorkerPool) {
    self.network = network
    plan = ExecutionPlan(network: network, batchSize: batchSize, mode: mode, pool: pool)
    optimizer = OptimizerConfiguration(kind: .adam).makeOptimizer(
      trainableCount: mode == .training ? network.trainableCount : 0)
    block = ParameterBlock(network)
    var random = SeededRandom(seed: 1, UInt64(batchSize))
    var images = Tensor(network.inputShape.batched(batchSize))
    for i in 0..<images.shape.count { images[i] = Float(random.integer(below: 256)) }
    var targets = Tensor([batchSize, network.classCount])
    for row in 0..<batchSize {
      targets[row * network.classCount + random.integer(below: network.classCount)] = 1
    }
    self.images = images
    self.targets = targets
  }

  /// A whole step: the batch into the plan, then training or answering.
  func run() {
    if plan.mode == .inference {
      plan.input.copy(from: images.view)
      plan.forward()
    } else {
      steps += 1
      lossAndGradients(randomKey: steps)
      update()
    }
  }

  /// The forward and backward pass with the loss between them; the result is the mean loss.
  @discardableResult
  func lossAndGradients(randomKey: UInt64) -> Double {
    plan.input.copy(from: images.view)
    plan.forward(randomKey: randomKey)
    let outcome = scoreLogits()
    plan.backward()
    return outcome.loss
  }

  /// The mean loss of the batch without a backward pass.
  func lossOnly(randomKey: UInt64) -> Double {
    plan.input.copy(from: images.view)
    plan.forward(randomKey: randomKey)
    return scoreLogits().loss
  }

  /// What the loss function costs, and its gradient.
  @discardableResult
  func scoreLogits() -> SoftmaxCrossEntropy.Outcome {
    loss(logits: plan.output, targets: targets.view, gradient: plan.outputGradient)
  }

  /// The optimizer's part.
  func update() {
    optimizer.update(
      block, learningRate: Self.learningRate, gradientScale: 1, average: nil, pool: plan.pool)
    network.parametersChanged()
  }

  func fillInput() { plan.input.copy(from: images.view) }
}
