import Testing

@testable import FERCore

@Suite struct KnownArchitectureTests {
  /// Counted by hand from the tutorials' table: kernel, then bias.
  @Test func emojify() throws {
    let network = try Architecture.emojify.network(seed: 1)
    let convolutions = [(1, 32, 46), (32, 64, 44), (64, 128, 20), (128, 128, 8)]  // in, out, side
    let flat = 4 * 4 * 128
    let trainable =
      convolutions.reduce(0) { $0 + 9 * $1.0 * $1.1 + $1.1 } + flat * 1024 + 1024 + 1024 * 7 + 7
    #expect(trainable == 2_345_607)
    #expect(network.parameterCount.trainable == trainable)
    #expect(network.parameterCount.other == 0)
    #expect(
      network.multiplyAdds
        == convolutions.reduce(0) { $0 + 9 * $1.0 * $1.1 * $1.2 * $1.2 } + flat * 1024 + 1024 * 7)
    #expect(network.outputShape == [7])
  }

  @Test func fast() throws {
    let network = try Architecture.fast.network(seed: 1)
    let convolutions = [
      (1, 32, 48), (32, 64, 24), (64, 64, 24), (64, 128, 12), (128, 128, 12), (128, 192, 6),
      (192, 192, 6),
    ]
    let filters = convolutions.reduce(0) { $0 + $1.1 }
    #expect(
      network.parameterCount.trainable
        == convolutions.reduce(0) { $0 + 9 * $1.0 * $1.1 } + 2 * filters + 192 * 7 + 7)
    #expect(network.parameterCount.other == 2 * filters)
    #expect(
      network.multiplyAdds
        == convolutions.reduce(0) { $0 + 9 * $1.0 * $1.1 * $1.2 * $1.2 } + 192 * 7)
    #expect(network.outputShape == [7])
  }

  @Test func best() throws {
    let network = try Architecture.best.network(seed: 1)
    let convolutions =
      [(1, 32, 48), (32, 32, 48)]
      + [(32, 64, 24), (64, 128, 12), (128, 256, 6)].flatMap { from, to, side in
        [(from, to, side)] + [(Int, Int, Int)](repeating: (to, to, side), count: 4)
      }
    let filters = convolutions.reduce(0) { $0 + $1.1 }
    #expect(
      network.parameterCount.trainable
        == convolutions.reduce(0) { $0 + 9 * $1.0 * $1.1 } + 2 * filters + 256 * 7 + 7)
    #expect(
      network.multiplyAdds
        == convolutions.reduce(0) { $0 + 9 * $1.0 * $1.1 * $1.2 * $1.2 } + 256 * 7)
    #expect(network.nodes.count { $0.layer is Add } == 6)
  }

  /// Counted by hand: kernels with biases, two numbers a normalised channel.
  @Test func tutorials() throws {
    func count(_ convolutions: [(Int, Int, Int)], normalized: Int, dense: [Int]) -> Int {
      convolutions.reduce(0) { $0 + $1.0 * $1.1 * $1.2 + $1.2 } + 2 * normalized
        + zip(dense, dense.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
    }
    // taps, in, out
    #expect(
      try Architecture.faceEmotion.network(seed: 1).parameterCount.trainable
        == count(
          [(9, 1, 64), (25, 64, 128), (9, 128, 512), (9, 512, 512)],
          normalized: 64 + 128 + 512 + 512 + 256 + 512, dense: [9 * 512, 256, 512, 7]))
    #expect(
      try Architecture.emojimation.network(seed: 1).parameterCount.trainable
        == count(
          [
            (9, 1, 64), (9, 64, 64), (9, 64, 128), (9, 128, 128), (9, 128, 256), (9, 256, 256),
            (9, 256, 512), (9, 512, 512),
          ], normalized: 2 * (64 + 128 + 256 + 512), dense: [9 * 512, 512, 256, 128, 7]))
    #expect(
      try Architecture.sequential.network(seed: 1).parameterCount.trainable
        == count(
          [(9, 1, 32), (9, 32, 64), (9, 64, 128), (9, 128, 256), (9, 256, 256)],
          normalized: 64 + 256 + 256, dense: [36 * 256, 512, 7]))
  }

  /// Without its top it has the 14,714,688 parameters that Keras' VGG16 has.
  @Test func vgg16() throws {
    let network = try Architecture.vgg16.network(seed: 1)
    let names = network.nodes.map(\.name)
    for name in ["block1_conv1", "block2_conv2", "block3_conv3", "block4_conv1", "block5_conv3"] {
      #expect(names.contains(name))
    }
    let base = network.nodes.filter { $0.name.hasPrefix("block") }
      .flatMap { $0.layer?.parameters ?? [] }.reduce(0) { $0 + $1.shape.count }
    #expect(base == 14_714_688)
    #expect(network.parameterCount.trainable == base + 512 * 256 + 256 + 256 * 7 + 7)
    // Fresh, it neither explodes nor dies: logits of unit size on raw pixels.
    var random = SeededRandom(seed: 2)
    let plan = ExecutionPlan(
      network: network, batchSize: 2, mode: .training, pool: WorkerPool(threads: 2))
    plan.input.write((0..<2 * 48 * 48).map { _ in random.uniform(0, 255) })
    plan.forward(randomKey: 1)
    let largest = plan.output.elements.map { abs($0) }.max() ?? 0
    #expect(0.01 < largest && largest < 20, "\(largest)")
  }

  @Test func everyArchitectureIsFoundByItsName() throws {
    #expect(Architecture.all.first?.name == Architecture.standard.name)
    for architecture in Architecture.all {
      #expect(Architecture.named(architecture.name)?.summary == architecture.summary)
      let network = try architecture.network(classCount: 3, seed: 1)
      #expect(network.name == architecture.name)
      #expect(network.inputShape == architecture.inputShape)
      #expect(network.classCount == 3)
    }
    #expect(Architecture.named("resnet") == nil)
  }

  @Test func emotionsAreFoundByOtherNames() {
    for emotion in Emotion.allCases { #expect(Emotion(name: emotion.name.uppercased()) == emotion) }
    #expect(Emotion(name: "Suprise") == .surprise)
    #expect(Emotion(name: "anger") == .angry)
    #expect(Emotion(name: "contempt") == nil)
    #expect(Emotion.allCases.map(\.rawValue) == Array(0..<7))
  }
}
