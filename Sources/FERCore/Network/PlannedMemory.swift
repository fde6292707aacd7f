/// Where every buffer of an execution plan lies in its arena, from the lifetimes that the graph implies.
///
/// Time runs through the forward pass, 0 for the input up to n - 1 for the last node, then through the backward pass:
/// node i goes backward at 2n - 1 - i.
struct PlannedMemory {
  /// By node: offset of its output.
  private(set) var outputs: [Int] = []
  /// By node: offset of the loss' gradient by its output; nil where nothing learns before it.
  private(set) var gradients: [Int?] = []
  /// By node and input: where its backward pass writes; nil where not wanted. Differs from the input's gradient where
  /// that already holds another consumer's share, to be added up.
  private(set) var inputGradients: [[Int?]] = []
  /// By node: what it does of the nodes that follow it.
  private(set) var fusions: [Fusion] = []
  /// By node: the shape of one sample's output as it is stored, smaller than the node's own where a pooling is fused.
  private(set) var storedShapes: [Shape] = []
  /// By node: it has nothing to do; its output is its input's memory.
  private(set) var isAlias: [Bool] = []
  /// By node: how it is run. Frozen layers answer as at inference; where no gradient goes through them, nothing of them is
  /// kept for a backward pass either.
  private(set) var modes: [Mode] = []
  private(set) var saved: [Int] = []
  private(set) var prepared: [Int] = []
  private(set) var workspace = 0
  private(set) var arenaCount = 0
  private(set) var preparedCount = 0

  init(
    network: Network, batchSize: Int, mode: Mode, pool: WorkerPool, fuses: Bool,
    keeping kept: Int? = nil
  ) {
    let nodes = network.nodes
    let count = nodes.count
    let training = mode.goesBackward
    let backwardTime = { (index: Int) in 2 * count - 1 - index }
    var consumers = Array(repeating: [Int](), count: count)
    for (index, node) in nodes.enumerated() {
      for source in node.inputs { consumers[source].append(index) }
    }
    var wanted = Array(repeating: false, count: count)
    for (index, node) in nodes.enumerated() where training {
      wanted[index] = node.learns || index == kept || node.inputs.contains { wanted[$0] }
    }
    modes = nodes.indices.map { index in
      guard mode == .training, network.frozen.contains(nodes[index].name) else { return mode }
      return wanted[index] ? .frozen : .inference
    }
    let goesBack = { (index: Int) in training && (wanted[index] || index == count - 1) }
    var traits = nodes.map { $0.layer?.traits ?? LayerTraits() }
    fusions = Array(repeating: Fusion(), count: count)
    isAlias = traits.map(\.isReshape)
    // By node: the one that computes it.
    var roots = Array(nodes.indices)
    for (index, node) in nodes.enumerated() where fuses {
      guard let source = node.inputs.first, consumers[source].count == 1 else { continue }
      let root = roots[source]
      guard let layer = nodes[root].layer else { continue }
      let shapes = nodes[root].inputs.map { nodes[$0].outputShape.batched(batchSize) }
      var fusion = fusions[root]
      switch node.layer {
      case let normalization as BatchNormalization:
        guard modes[root] == .inference, modes[index] == .inference, root == source,
          layer.fusesNormalization
        else { continue }
        fusion.normalization = normalization
      case let activation as Activation:
        guard activation.function == .relu, !fusion.relu, fusion.pooling == nil,
          let fused = layer.traitsFusingReLU
        else { continue }
        traits[root] = fused
        fusion.relu = true
      case let pooling as MaxPooling2D:
        guard fusion.pooling == nil, layer.fusesPooling(pooling, for: shapes) else { continue }
        fusion.pooling = pooling
        // Output and input are no longer of one size.
        traits[root].forwardInPlace = false
        traits[root].backwardInPlace = false
      default: continue
      }
      fusions[root] = fusion
      roots[index] = root
      traits[index] = LayerTraits()
      traits[index].isReshape = true
      isAlias[index] = true
    }
    // A node shares its memory with the last one that was fused into it.
    storedShapes = nodes.map(\.outputShape)
    for (index, root) in roots.enumerated() where root != index {
      for member in root...index where roots[member] == root {
        storedShapes[member] = nodes[index].outputShape
      }
    }
    let floats = storedShapes.map { $0.count * batchSize }
    var planner = MemoryPlanner()

    // Outputs: alive from their making to the last pass that reads them.
    var outputBuffers: [Int] = []
    // Buffers that nobody may overwrite: a backward pass reads them, or another consumer does.
    var isPinned: [Int: Bool] = [:]
    for (index, node) in nodes.enumerated() {
      let own = traits[index]
      var last = index == count - 1 ? (training ? count : count - 1) : index
      for consumer in consumers[index] {
        last = max(last, consumer)
        if goesBack(consumer), traits[consumer].backwardReadsInputs {
          last = max(last, backwardTime(consumer))
        }
      }
      if goesBack(index), own.backwardReadsOutput { last = max(last, backwardTime(index)) }
      if index == kept { last = 2 * count }
      let readsOwn = (goesBack(index) && own.backwardReadsOutput) || index == kept
      if let source = node.inputs.first {
        let buffer = outputBuffers[source]
        let isOnlyReader = consumers[source].count == 1
        let overwrites =
          own.forwardInPlace && isOnlyReader && isPinned[buffer] == false
          && !(goesBack(index) && own.backwardReadsInputs)
        if own.isReshape || overwrites {
          planner.extend(buffer, to: last, floats: floats[index])
          outputBuffers.append(buffer)
          if readsOwn || !isOnlyReader { isPinned[buffer] = true }
          continue
        }
      }
      let buffer = planner.add(floats: floats[index], first: index, last: last)
      // The network's input stays as the caller wrote it.
      isPinned[buffer] = readsOwn || index == 0
      outputBuffers.append(buffer)
    }

    // Gradients: alive from the first consumer's backward pass to the node's own.
    var gradientBuffers = [Int?](repeating: nil, count: count)
    var inputGradientBuffers: [[Int?]] = nodes.map { $0.inputs.map { _ in nil } }
    if training {
      gradientBuffers[count - 1] = planner.add(
        floats: floats[count - 1], first: count - 1, last: backwardTime(count - 1))
      for (index, node) in nodes.enumerated().reversed() {
        guard node.layer != nil, let own = gradientBuffers[index] else { continue }
        let now = backwardTime(index)
        for (slot, source) in node.inputs.enumerated() where wanted[source] {
          if gradientBuffers[source] == nil {
            let inPlace = slot == 0 && (traits[index].backwardInPlace || traits[index].isReshape)
            if inPlace {
              planner.extend(own, to: backwardTime(source), floats: floats[source])
              gradientBuffers[source] = own
            } else {
              gradientBuffers[source] = planner.add(
                floats: floats[source], first: now, last: backwardTime(source))
            }
            inputGradientBuffers[index][slot] = gradientBuffers[source]
          } else {
            inputGradientBuffers[index][slot] = planner.add(
              floats: floats[source], first: now, last: now)
          }
        }
      }
    }

    // What layers keep and scratch.
    var savedBuffers: [Int?] = []
    var workspaceFloats = 0
    for (index, node) in nodes.enumerated() {
      guard let layer = node.layer, !isAlias[index] else {
        savedBuffers.append(nil)
        prepared.append(0)
        continue
      }
      let shapes = node.inputs.map { storedShapes[$0].batched(batchSize) }
      let memory = layer.memory(
        for: shapes, mode: modes[index], threads: pool.threads, fusion: fusions[index])
      savedBuffers.append(
        memory.saved == 0
          ? nil
          : planner.add(
            floats: memory.saved, first: index, last: training ? backwardTime(index) : index))
      prepared.append(preparedCount)
      preparedCount += (memory.prepared + 15) & ~15
      workspaceFloats = max(workspaceFloats, memory.workspace)
    }
    let workspaceBuffer = planner.add(floats: workspaceFloats, first: 0, last: 2 * count)

    let layout = planner.layout()
    arenaCount = layout.total
    workspace = layout.offsets[workspaceBuffer]
    outputs = outputBuffers.map { layout.offsets[$0] }
    gradients = gradientBuffers.map { $0.map { layout.offsets[$0] } }
    inputGradients = inputGradientBuffers.map { $0.map { $0.map { layout.offsets[$0] } } }
    saved = savedBuffers.map { $0.map { layout.offsets[$0] } ?? 0 }
  }
}
