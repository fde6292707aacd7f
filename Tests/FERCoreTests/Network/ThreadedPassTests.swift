import Testing

@testable import FERCore

/// Small passes over every kernel on several threads, small enough for the thread sanitizer, which sees what a comparison
/// of bits does not.
@Suite struct ThreadedPassTests {
  static let layers: [LayerCase] = [
    LayerCase("Winograd and pooling", [8, 8, 8]) {
      [
        Conv2D(filters: 16, kernelSize: 3, activation: .relu), MaxPooling2D(),
        Conv2D(filters: 9, kernelSize: 3, padding: .same),
      ]
    },
    LayerCase("normalisation and pooling", [6, 6, 1]) {
      [
        Conv2D(filters: 8, kernelSize: 3, padding: .same, usesBias: false), BatchNormalization(),
        Activation(.relu), MaxPooling2D(), BatchNormalization(), AveragePooling2D(),
      ]
    },
    LayerCase("direct, strided and depthwise", [9, 7, 5]) {
      [
        Conv2D(filters: 6, kernelSize: 5, stride: 2, padding: .same, activation: .swish),
        DepthwiseConv2D(kernelSize: (3, 3), padding: .same), Conv2D(filters: 12, kernelSize: 1),
        MaxPooling2D(poolSize: (3, 3), strides: (1, 1), padding: .same),
        GlobalAveragePooling2D(), Dense(units: 20, activation: .relu), Dropout(rate: 0.3),
        Dense(units: 5),
      ]
    },
    LayerCase("dense on many rows", [40]) {
      [Dense(units: 150, activation: .tanh), Dense(units: 33), BatchNormalization()]
    },
  ]

  @Test(arguments: layers, [ConvolutionAlgorithm.winograd2x2, .winograd4x4, .winograd6x6])
  func threadsChangeNoBit(layer: LayerCase, algorithm: ConvolutionAlgorithm) throws {
    let network = try layer.network()
    network.compute(with: algorithm)
    var random = SeededRandom(seed: 2)
    let batchSize = 9
    let input = random.normals(batchSize * network.inputShape.count)
    let start = network.values.elements
    var expected: [UInt32]?
    for threads in [1, 3] {
      network.values.base.update(from: start, count: start.count)
      network.parametersChanged()
      let plan = ExecutionPlan(
        network: network, batchSize: batchSize, mode: .training, pool: WorkerPool(threads: threads))
      for index in input.indices { plan.input.base[index] = input[index] }
      plan.forward(randomKey: 1)
      let output = Array(plan.output.elements)
      plan.outputGradient.fill(0.25)
      plan.backward()
      let found = output.bits + network.gradients.elements.bits + network.values.elements.bits
      let isSame = expected.map { $0 == found }
      #expect(isSame != false)
      expected = found
    }
  }
}
