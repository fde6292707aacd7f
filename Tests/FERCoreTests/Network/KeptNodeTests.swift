import Testing

@testable import FERCore

/// A plan that keeps one node: its activation and the gradient by it are what the Double reference has, whatever
/// stands around it.
@Suite struct KeptNodeTests {
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func activationAndGradientAreThoseOfTheReference(seed: UInt64) throws {
    let network = try RandomGraph.network(seed: seed)
    var random = SeededRandom(seed: seed, 0x9E)
    network.randomize(&random)
    let batchSize = 2
    let input = random.normals(network.inputShape.count * batchSize)
    let reference = ReferenceNetwork(network, batchSize: batchSize, mode: .frozen)
    let clean = reference.outputs(for: input.doubles)
    var checked = 0
    let nodes = network.nodes.indices.dropFirst().dropLast()
    for node in nodes {
      let plan = ExecutionPlan(
        network: network, batchSize: batchSize, mode: .frozen, pool: WorkerPool(threads: 2),
        fuses: false, keeping: node)
      plan.spoilArena()
      plan.input.write(input)
      plan.forward()
      let weights = random.normals(plan.output.shape.count)
      plan.outputGradient.write(weights)
      expectClose(Array(plan.output.elements), clean[network.nodes.count - 1], ofScale: 5e-5)
      let gradient = Array(plan.backwardToKept().elements)
      expectClose(
        Array(plan.activation(ofNode: node).elements), clean[node], ofScale: 5e-5,
        "activation of \(network.nodes[node].name)")
      func loss(_ values: [Double]) -> Double {
        let outputs = reference.outputs(for: input.doubles, replacing: node, by: values)
        return zip(outputs[outputs.count - 1], weights).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      let scale = max(Double(gradient.map(abs).max() ?? 0), 1e-3)
      let step = 1e-5
      for _ in 0..<6 {
        let element = random.integer(below: gradient.count)
        var values = clean[node]
        let start = loss(values)
        values[element] += step
        let above = loss(values)
        values[element] -= 2 * step
        let below = loss(values)
        // The corner of a ReLU or a pooling within the step has no derivative to compare with.
        guard abs((above - start) - (start - below)) / step < 5e-5 * scale else { continue }
        checked += 1
        let expected = (above - below) / (2 * step)
        #expect(
          abs(Double(gradient[element]) - expected) <= 1e-4 * scale,
          "\(network.nodes[node].name)[\(element)]: \(gradient[element]), expected \(expected)")
      }
    }
    #expect(checked > nodes.count * 3)
  }

  /// The same bits before and after: a frozen plan changes neither statistics nor what training computes.
  @Test func aFrozenPassLeavesTheNetworkAsItIs() throws {
    let network = try GradCAMTests.network()
    let values = network.values.elements
    let version = network.parameterVersion
    let plan = ExecutionPlan(
      network: network, batchSize: 1, mode: .frozen, pool: WorkerPool(threads: 1))
    plan.input.write([Float](repeating: 3, count: network.inputShape.count))
    plan.forward()
    plan.outputGradient.write([1, 0, 0])
    plan.backward()
    #expect(network.values.elements == values && network.parameterVersion == version)
  }
}
