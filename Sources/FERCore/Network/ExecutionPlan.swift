/// A network made ready to run on batches of one size: every buffer placed once, every call prepared once.
///
/// In training and frozen mode the plan stops before a final softmax (the loss has its own) and can go backward. A pass
/// allocates nothing, but for `SeparableConv2D`, which makes the calls of its two convolutions anew: some small arrays.
public final class ExecutionPlan {
  public let network: Network
  public let batchSize: Int
  public let mode: Mode
  public let pool: WorkerPool
  /// Where to put a batch: `[batch] + network.inputShape`.
  public let input: MutableTensorView
  /// What `forward` answers: probabilities in inference mode, else logits where the network ends in softmax.
  public let output: TensorView
  /// Except in inference mode: where to put the loss' gradient by `output` before `backward`.
  public let outputGradient: MutableTensorView
  /// Floats in the arena that holds activations, gradients and scratch.
  public var arenaCount: Int { arena.count }

  let arena: FloatBuffer
  private let prepared: FloatBuffer
  private var steps: [Step]
  private var preparedVersion = -1
  private let movesStatistics: Bool
  /// By node: the loss' gradient by its output; nil where the backward pass makes none.
  private let gradients: [MutableTensorView?]
  private let kept: Int?

  private struct Step {
    let layer: Layer
    let name: String
    var forward: ForwardCall
    var backward: BackwardCall?
    let isAlias: Bool
    /// Gradients written to a temporary because another consumer's is already there: (from, to).
    let sums: [(TensorView, MutableTensorView)]
  }

  /// - Parameters:
  ///   - other: a plan, of any network, whose arena is shared where it is large enough; the two must not run interleaved.
  ///   - fuses: layers may do the work of those behind them (`Fusion`); without it each is computed for itself.
  ///   - keeping: a node whose output, and gradient after `backwardToKept`, nothing overwrites; needs `fuses: false`.
  public init(
    network: Network, batchSize: Int, mode: Mode, pool: WorkerPool,
    reusing other: ExecutionPlan? = nil, fuses: Bool = true, keeping kept: Int? = nil
  ) {
    precondition(batchSize >= 1)
    precondition(kept == nil || !fuses, "a kept node is not to be fused")
    self.kept = kept
    self.network = network
    self.batchSize = batchSize
    self.mode = mode
    self.pool = pool
    let memory = PlannedMemory(
      network: network, batchSize: batchSize, mode: mode, pool: pool, fuses: fuses,
      keeping: kept)
    if let other, other.arena.count >= memory.arenaCount {
      arena = other.arena
    } else {
      arena = FloatBuffer(count: memory.arenaCount)
    }
    prepared = FloatBuffer(count: memory.preparedCount)
    movesStatistics = network.parameters.contains { !$0.isTrainable }
    let base = arena.base
    let batched = memory.storedShapes.map { $0.batched(batchSize) }
    func view(_ offset: Int, _ shape: Shape) -> MutableTensorView {
      MutableTensorView(base: base + offset, shape: shape)
    }
    input = view(memory.outputs[0], batched[0])
    let last = network.nodes.count - 1
    output = view(memory.outputs[last], batched[last]).view
    outputGradient = view(memory.gradients[last] ?? memory.outputs[last], batched[last])
    gradients = zip(memory.gradients, batched).map { offset, shape in
      offset.map { view($0, shape) }
    }

    steps = []
    for (index, node) in network.nodes.enumerated() {
      guard let layer = node.layer else { continue }
      let inputs = node.inputs.map { view(memory.outputs[$0], batched[$0]).view }
      let wantsLogits = mode.goesBackward && index == last
      let saved = base + memory.saved[index]
      let preparedBase = prepared.base + memory.prepared[index]
      let forward = ForwardCall(
        inputs: inputs, output: view(memory.outputs[index], batched[index]), saved: saved,
        prepared: preparedBase, workspace: base + memory.workspace, mode: memory.modes[index],
        wantsLogits: wantsLogits, fusion: memory.fusions[index], pool: pool, randomKey: 0)
      var backward: BackwardCall?
      var sums: [(TensorView, MutableTensorView)] = []
      if mode.goesBackward, let gradient = memory.gradients[index] {
        var targets: [MutableTensorView?] = []
        for (slot, source) in node.inputs.enumerated() {
          guard let destination = memory.inputGradients[index][slot] else {
            targets.append(nil)
            continue
          }
          targets.append(view(destination, batched[source]))
          if let sum = memory.gradients[source], sum != destination {
            sums.append((view(destination, batched[source]).view, view(sum, batched[source])))
          }
        }
        backward = BackwardCall(
          inputs: inputs, output: forward.output.view,
          outputGradient: view(gradient, batched[index]), inputGradients: targets, saved: saved,
          prepared: preparedBase, workspace: base + memory.workspace, mode: memory.modes[index],
          wantsLogits: wantsLogits, fusion: memory.fusions[index], pool: pool, randomKey: 0)
      }
      steps.append(
        Step(
          layer: layer, name: node.name, forward: forward, backward: backward,
          isAlias: memory.isAlias[index], sums: sums))
    }
  }

  /// Runs the network on what is in `input`.
  /// - Parameter randomKey: names the step for all random draws; irrelevant in inference mode.
  public func forward(randomKey: UInt64 = 0) {
    let stale = preparedVersion != network.parameterVersion
    preparedVersion = network.parameterVersion
    for index in steps.indices {
      if steps[index].isAlias { continue }
      if mode == .training {
        steps[index].forward.randomKey = SeededRandom.combine(randomKey, UInt64(index))
      }
      if stale { steps[index].layer.prepare(steps[index].forward) }
      steps[index].layer.forward(steps[index].forward)
    }
    // Batch normalisation moved its statistics, which plans for inference have prepared.
    if mode == .training, movesStatistics { network.parametersChanged() }
  }

  /// Writes the gradients of all trainable parameters, given `outputGradient` and the last `forward`.
  public func backward() { goBackward(through: steps.indices) }

  /// Goes back only as far as to the gradient by the kept node's output, and answers it. Overwrites the gradients of the
  /// parameters behind that node.
  public func backwardToKept() -> TensorView {
    guard let kept, let gradient = gradients[kept] else {
      preconditionFailure("no node was kept")
    }
    // Step i computes node i + 1.
    goBackward(through: kept..<steps.count)
    return gradient.view
  }

  private func goBackward(through range: Range<Int>) {
    precondition(mode.goesBackward, "a plan for inference cannot go backward")
    for index in range.reversed() {
      guard steps[index].backward != nil else { continue }
      steps[index].backward!.randomKey = steps[index].forward.randomKey
      let call = steps[index].backward!
      if !steps[index].isAlias {
        steps[index].layer.backward(call)
      } else if let target = call.inputGradients[0], target.base != call.outputGradient.base {
        Kernels.copy(call.outputGradient.view, to: target, pool: pool)
      }
      for (source, target) in steps[index].sums {
        Kernels.add(source, to: target, pool: pool)
      }
    }
  }

  /// What a node's output was in the last pass. Only nodes that nothing overwrote are meaningful: the output always,
  /// the kept one, others in training mode where the backward pass reads them. Where layers are fused it is the last one's output.
  public func activation(ofNode index: Int) -> TensorView {
    index == 0 ? input.view : steps[index - 1].forward.output.view
  }

  /// Runs each step `repetitions` times and reports the seconds of its fastest run: a profile by layer.
  public func profile(clock: () -> Double, repetitions: Int)
    -> [(name: String, forward: Double, backward: Double)]
  {
    var result = steps.map { (name: $0.name, forward: Double.infinity, backward: Double.infinity) }
    for _ in 0..<repetitions {
      for (index, step) in steps.enumerated() {
        let start = clock()
        if !step.isAlias {
          if mode == .training { step.layer.prepare(step.forward) }
          step.layer.forward(step.forward)
        }
        result[index].forward = min(result[index].forward, clock() - start)
      }
      guard mode.goesBackward else { continue }
      for (index, step) in steps.enumerated().reversed() {
        let start = clock()
        if let call = step.backward, !step.isAlias {
          step.layer.backward(call)
        }
        for (source, target) in step.sums { Kernels.add(source, to: target, pool: pool) }
        result[index].backward = min(result[index].backward, clock() - start)
      }
    }
    return result
  }
}
