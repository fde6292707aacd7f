@testable import FERCore

/// Runs a network node by node, every output, gradient and scratch in memory of its own between guards: no arena, nothing
/// in place, nothing fused. What an execution plan computes must be the same, bit by bit.
final class SeparateMemory {
  private let network: Network
  private let batchSize: Int
  private let mode: Mode
  private let pool: WorkerPool
  private var outputs: [GuardedFloats] = []
  private var saved: [GuardedFloats] = []
  private var randomKeys: [UInt64] = []
  private var guarded: [GuardedFloats] = []

  init(_ network: Network, batchSize: Int, mode: Mode, threads: Int = 1) {
    self.network = network
    self.batchSize = batchSize
    self.mode = mode
    pool = WorkerPool(threads: threads)
  }

  /// No layer wrote outside the memory it asked for.
  var isIntact: Bool { guarded.allSatisfy(\.isIntact) }

  func forward(_ input: [Float], randomKey: UInt64 = 0) -> [Float] {
    outputs = [memory(input)]
    saved = [memory(count: 0)]
    randomKeys = [0]
    for (index, node) in network.nodes.enumerated() {
      guard let layer = node.layer else { continue }
      let asked = layer.memory(
        for: inputShapes(node), mode: mode, threads: pool.threads, fusion: Fusion())
      saved.append(memory(count: asked.saved))
      outputs.append(memory(count: shape(index).count))
      randomKeys.append(SeededRandom.combine(randomKey, UInt64(index - 1)))
      if layer.traits.isReshape {
        outputs[index].base.update(from: outputs[node.inputs[0]].base, count: shape(index).count)
        continue
      }
      let call = ForwardCall(
        inputs: inputs(node),
        output: MutableTensorView(base: outputs[index].base, shape: shape(index)),
        saved: saved[index].base, prepared: memory(count: asked.prepared).base,
        workspace: memory(count: asked.workspace).base, mode: mode,
        wantsLogits: wantsLogits(index), fusion: Fusion(), pool: pool, randomKey: randomKeys[index])
      layer.prepare(call)
      layer.forward(call)
    }
    return outputs[outputs.count - 1].elements
  }

  /// Leaves the gradients in the network's block.
  func backward(_ outputGradient: [Float]) {
    var learns = network.nodes.map { _ in false }
    for (index, node) in network.nodes.enumerated() {
      learns[index] =
        node.inputs.contains { learns[$0] }
        || node.layer?.parameters.contains(where: \.isTrainable) ?? false
    }
    var gradients: [GuardedFloats?] = network.nodes.map { _ in nil }
    gradients[gradients.count - 1] = memory(outputGradient)
    for (index, node) in network.nodes.enumerated().reversed() {
      guard let layer = node.layer, let gradient = gradients[index] else { continue }
      let targets = node.inputs.map { learns[$0] ? memory(count: shape($0).count) : nil }
      if layer.traits.isReshape {
        targets[0]?.base.update(from: gradient.base, count: gradient.count)
      } else {
        let asked = layer.memory(
          for: inputShapes(node), mode: mode, threads: pool.threads, fusion: Fusion())
        let prepared = memory(count: asked.prepared)
        layer.backward(
          BackwardCall(
            inputs: inputs(node),
            output: TensorView(base: outputs[index].base, shape: shape(index)),
            outputGradient: MutableTensorView(base: gradient.base, shape: shape(index)),
            inputGradients: zip(targets, node.inputs).map { target, source in
              target.map { MutableTensorView(base: $0.base, shape: shape(source)) }
            },
            saved: saved[index].base, prepared: prepared.base,
            workspace: memory(count: asked.workspace).base, mode: mode,
            wantsLogits: wantsLogits(index),
            fusion: Fusion(), pool: pool, randomKey: randomKeys[index]))
      }
      for case (let target?, let source) in zip(targets, node.inputs) {
        guard let sum = gradients[source] else {
          gradients[source] = target
          continue
        }
        for i in 0..<sum.count { sum.base[i] += target.base[i] }
      }
    }
  }

  private func wantsLogits(_ index: Int) -> Bool {
    mode != .inference && index == network.nodes.count - 1
  }

  private func shape(_ index: Int) -> Shape { network.nodes[index].outputShape.batched(batchSize) }

  private func inputShapes(_ node: Network.Node) -> [Shape] { node.inputs.map(shape) }

  private func inputs(_ node: Network.Node) -> [TensorView] {
    node.inputs.map { TensorView(base: outputs[$0].base, shape: shape($0)) }
  }

  private func memory(count: Int) -> GuardedFloats {
    guarded.append(GuardedFloats(count: count))
    return guarded[guarded.count - 1]
  }

  private func memory(_ elements: [Float]) -> GuardedFloats {
    guarded.append(GuardedFloats(elements))
    return guarded[guarded.count - 1]
  }
}
