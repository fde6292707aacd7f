import Foundation
import Testing

@testable import FERCore

/// Layers that do not learn: they answer as at inference, keep their weights to the bit, and nothing goes back below the
/// lowest layer that learns.
@Suite struct FrozenLayerTests {
  /// Two blocks of convolution and batch normalisation with a residual add, then a head.
  static func network() throws -> Network {
    var builder = NetworkBuilder(name: "blocks", inputShape: [12, 12, 1])
    var x = try builder.add(Rescaling(scale: 1 / 255), to: builder.input)
    for block in ["low", "high"] {
      x = try builder.add(
        Conv2D(filters: 8, kernelSize: 3, padding: .same), name: "\(block)_conv", to: x)
      x = try builder.add(BatchNormalization(momentum: 0.5), name: "\(block)_norm", to: x)
      let start = try builder.add(Activation(.relu), to: x)
      x = try builder.add(
        SeparableConv2D(filters: 8, kernelSize: (3, 3), padding: .same), name: "\(block)_sep",
        to: start)
      x = try builder.add(Add(), to: x, start)
      x = try builder.add(MaxPooling2D(), to: x)
    }
    x = try builder.add(GlobalAveragePooling2D(), to: x)
    x = try builder.add(Dense(units: 3), name: "head", to: x)
    x = try builder.add(Activation(.softmax), to: x)
    let network = try builder.build(output: x, seed: 7)
    var random = SeededRandom(seed: 8)
    network.randomize(&random)
    return network
  }

  private static func step(
    _ network: Network, mode: Mode = .training
  ) -> (plan: ExecutionPlan, logits: [Float]) {
    var random = SeededRandom(seed: 9)
    let plan = ExecutionPlan(
      network: network, batchSize: 5, mode: mode, pool: WorkerPool(threads: 2))
    plan.spoilArena()
    plan.input.write((0..<5 * 144).map { _ in random.uniform(0, 255) })
    plan.forward(randomKey: 3)
    let logits = Array(plan.output.elements)
    plan.outputGradient.write(logits.indices.map { Float($0 % 5) - 2 })
    plan.backward()
    return (plan, logits)
  }

  private static func values(_ network: Network) -> [String: [UInt32]] {
    var result: [String: [UInt32]] = [:]
    for node in network.nodes {
      for parameter in node.layer?.parameters ?? [] {
        result["\(node.name)/\(parameter.name)"] =
          (0..<parameter.shape.count).map { parameter.value.base[$0].bitPattern }
      }
    }
    return result
  }

  private static func gradients(_ network: Network) -> [String: [Float]] {
    var result: [String: [Float]] = [:]
    for node in network.nodes {
      for parameter in node.layer?.parameters ?? [] where parameter.isTrainable {
        result["\(node.name)/\(parameter.name)"] =
          (0..<parameter.shape.count).map { parameter.gradient.base[$0] }
      }
    }
    return result
  }

  /// A frozen pass over the whole network is another way to compute the same: its gradients are those of the layers
  /// that still learn where every batch normalisation is frozen.
  @Test(arguments: [
    ["*_norm"], ["low_*", "high_norm"], ["high_*", "low_norm"], ["low_*", "high_*"],
  ])
  func whatLearnsHasTheGradientsOfAFrozenPass(patterns: [String]) throws {
    let whole = try Self.network()
    let (_, expectedLogits) = Self.step(whole, mode: .frozen)
    let expected = Self.gradients(whole)
    let frozen = try whole.freezing(patterns)
    let before = Self.values(frozen)
    #expect(before == Self.values(whole))
    let (_, logits) = Self.step(frozen)
    expectClose(logits, expectedLogits.map(Double.init), ofScale: 1e-5)
    let found = Self.gradients(frozen)
    #expect(!found.isEmpty && found.count < expected.count)
    for (name, gradient) in found {
      expectClose(gradient, (expected[name] ?? []).map(Double.init), ofScale: 1e-4, name)
    }
    // Neither weights nor running statistics moved.
    #expect(Self.values(frozen) == before)
  }

  /// The same on graphs grown by chance, with dropout as nothing: layers frozen here and there, batch normalisations all.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func whateverStandsAroundIt(seed: UInt64) throws {
    let whole = try RandomGraph.network(seed: seed)
    var random = SeededRandom(seed: seed, 0xF2)
    whole.randomize(&random)
    guard !whole.nodes.contains(where: { $0.layer is Dropout }) else { return }
    let learning = whole.nodes.filter {
      $0.layer?.parameters.contains(where: \.isTrainable) ?? false
    }
    let names = learning.filter {
      $0.layer is BatchNormalization || random.integer(below: 2) == 0
    }.map(\.name)
    guard !names.isEmpty, names.count < learning.count else { return }
    let frozen = try whole.freezing(names)
    let input = random.normals(2 * whole.inputShape.count)
    func gradients(_ network: Network, _ mode: Mode) -> [String: [Float]] {
      let plan = ExecutionPlan(
        network: network, batchSize: 2, mode: mode, pool: WorkerPool(threads: 2))
      plan.spoilArena()
      plan.input.write(input)
      plan.forward(randomKey: 1)
      plan.outputGradient.write(plan.output.elements.indices.map { Float($0 % 3) - 1 })
      plan.backward()
      return Self.gradients(network)
    }
    let expected = gradients(whole, .frozen)
    let before = Self.values(frozen)
    let found = gradients(frozen, .training)
    let scale = expected.values.joined().map { abs($0) }.max() ?? 0
    for (name, gradient) in found {
      let wanted = expected[name] ?? []
      let difference = zip(gradient, wanted).map { abs($0 - $1) }.max() ?? 0
      #expect(difference <= 2e-4 * scale, "\(name): \(difference) of \(scale)")
    }
    #expect(Self.values(frozen) == before)
  }

  @Test func onlyTheStatisticsOfLayersThatLearnMove() throws {
    let network = try Self.network().freezing(["low_norm"])
    let before = Self.values(network)
    _ = Self.step(network)
    let changed = Set(Self.values(network).filter { before[$0.key] != $0.value }.keys)
    #expect(changed == ["high_norm/moving_mean", "high_norm/moving_variance"])
  }

  /// A normalisation without gamma and beta learns nothing, but its statistics move until it is frozen.
  @Test func aNormalisationThatLearnsNothingCanBeFrozen() throws {
    func network() throws -> Network {
      try NetworkBuilder.sequential(
        name: "bare", inputShape: [12, 12, 1], seed: 1,
        [
          ("low_conv", Conv2D(filters: 4, kernelSize: 3)),
          ("low_norm", BatchNormalization(centers: false, scales: false)),
          ("pool", GlobalAveragePooling2D()), ("head", Dense(units: 3)),
          ("softmax", Activation(.softmax)),
        ])
    }
    for (patterns, moves) in [(["low_*"], false), (["low_norm"], false), (["low_conv"], true)] {
      let frozen = try network().freezing(patterns)
      let before = Self.values(frozen)
      _ = Self.step(frozen)
      #expect((Self.values(frozen) != before) == moves, "\(patterns)")
      // A file keeps it.
      try withTemporaryFolder { folder in
        let file = folder.appendingPathComponent("model.h5")
        try KerasFormat.write(frozen, metadata: ModelMetadata(), to: file)
        #expect(try KerasFormat.read(file).network.frozen == frozen.frozen)
      }
    }
    #expect(throws: EmojifyError.usage("all layers are frozen: nothing is left to learn")) {
      try network().freezing(["low_conv", "head"])
    }
  }

  @Test func belowTheLowestThatLearnsNothingIsKept() throws {
    let whole = try Self.network()
    let upper = try whole.freezing(["low_*"])
    let head = try whole.freezing(["low_*", "high_*"])
    let sizes = [whole, upper, head].map {
      ExecutionPlan(network: $0, batchSize: 16, mode: .training, pool: WorkerPool(threads: 1))
        .arenaCount
    }
    #expect(sizes[1] < sizes[0] && sizes[2] < sizes[1], "\(sizes)")
    #expect(head.parameterCount.trainable == 8 * 3 + 3)
    #expect(head.gradients.count == head.trainableCount && head.trainableCount < 64)
  }

  @Test func patternsThatNameNothingOrEverythingAreRefused() throws {
    let network = try Self.network()
    #expect(throws: EmojifyError.self) { try network.freezing(["middle_*"]) }
    #expect(throws: EmojifyError.self) { try network.freezing(["*"]) }
    #expect(try network.freezing(["head"]).frozen == ["head"])
    #expect(try network.freezing(["hea?", "low_*"]).frozen.count == 4)
  }

  @Test func aFreshHeadHasItsClassesAndTheRestItsWeights() throws {
    let network = try Self.network()
    let other = try network.replacingHead(classCount: 5, seed: 2)
    #expect(other.outputShape == [5])
    let (before, after) = (Self.values(network), Self.values(other))
    #expect(Set(before.filter { after[$0.key] != $0.value }.keys) == ["head/kernel", "head/bias"])
    // A head that is a convolution, as in networks that end in an average.
    let convolutional = try NetworkBuilder.sequential(
      name: "all", inputShape: [8, 8, 1], seed: 1, Conv2D(filters: 4, kernelSize: 3),
      Conv2D(filters: 7, kernelSize: 3, padding: .same), GlobalAveragePooling2D(),
      Activation(.softmax))
    #expect(try convolutional.replacingHead(classCount: 2, seed: 1).outputShape == [2])
    // Behind a sigmoid a softmax could not be sure of anything.
    let bounded = try NetworkBuilder.sequential(
      name: "bounded", inputShape: [8], seed: 1, Dense(units: 4, activation: .sigmoid),
      Dropout(rate: 0.5))
    let fresh = try bounded.replacingHead(classCount: 3, seed: 1)
    let activations = fresh.nodes.compactMap { $0.layer.flatMap(KerasLayers.function(of:)) }
    #expect(activations == [.linear, .softmax])
    // Scores of each class by itself are not what a softmax makes of them.
    #expect(throws: EmojifyError.self) { try bounded.keepingOutputs([0, 2]) }
    // Nothing says where the classes come from.
    let normalized = try NetworkBuilder.sequential(
      name: "norm", inputShape: [8], seed: 1, Dense(units: 4), BatchNormalization())
    #expect(throws: EmojifyError.self) { try normalized.replacingHead(classCount: 2, seed: 1) }
  }
}
