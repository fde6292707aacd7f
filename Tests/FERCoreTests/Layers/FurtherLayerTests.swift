import Testing

@testable import FERCore

/// The layers that published networks need besides our own, forward and backward, against references in Double.
@Suite struct FurtherLayerTests {
  static let shapes: [LayerCase] = [
    LayerCase("zero padding", [3, 4, 5]) {
      [ZeroPadding2D(Margins(top: 1, bottom: 2, left: 0, right: 3))]
    },
    LayerCase("cropping", [6, 7, 3]) {
      [Cropping2D(Margins(top: 2, bottom: 1, left: 0, right: 3))]
    },
    LayerCase("permuting an image", [3, 4, 5]) { [Permute([3, 1, 2])] },
    LayerCase("permuting and back", [3, 4, 5]) { [Permute([2, 3, 1]), Permute([3, 1, 2])] },
    LayerCase("reshape", [3, 4, 5]) { [Reshape([5, -1]), Dense(units: 4)] },
    LayerCase("up, nearest", [3, 2, 9]) { [UpSampling2D((2, 3))] },
    LayerCase("up, bilinear", [3, 4, 5]) { [UpSampling2D((3, 2), interpolation: .bilinear)] },
    LayerCase("resizing, smaller", [9, 7, 3]) { [Resizing((4, 5))] },
    LayerCase("resizing, larger", [4, 5, 3]) { [Resizing((9, 7))] },
    LayerCase("resizing, nearest", [7, 5, 8]) { [Resizing((5, 9), interpolation: .nearest)] },
    LayerCase("global maximum", [5, 4, 9]) { [GlobalMaxPooling2D()] },
    LayerCase("identity", [5, 4, 9]) { [Identity(), Conv2D(filters: 3, kernelSize: 3)] },
  ]

  static let functions: [LayerCase] = [
    LayerCase("ReLU6", [4, 3, 5]) { [Rescaling(scale: 4), RectifiedLinear(maxValue: 6)] },
    LayerCase("ReLU with all constants", [4, 3, 5]) {
      [RectifiedLinear(maxValue: 1, negativeSlope: 0.2, threshold: 0.5)]
    },
    LayerCase("PReLU", [4, 3, 5]) { [PReLU()] },
    LayerCase("PReLU by channel", [4, 3, 5]) { [PReLU(sharedAxes: [1, 2])] },
    LayerCase("PReLU of rows", [13]) { [PReLU()] },
    LayerCase("layer normalisation", [4, 3, 9]) { [LayerNormalization()] },
    LayerCase("layer normalisation of images", [4, 3, 5]) {
      [LayerNormalization(axisCount: 3, centers: false)]
    },
    LayerCase("layer normalisation, no scale", [7]) { [LayerNormalization(scales: false)] },
    LayerCase("normalisation", [4, 3, 5]) { [Normalization()] },
    LayerCase("normalisation by constants", [4, 3, 2]) {
      [Normalization(constants: ([0.5, -1], [4, 0.25]))]
    },
    LayerCase("Gaussian noise", [4, 3, 5]) { [Noise(.gaussian(deviation: 0.3))] },
    LayerCase("Gaussian dropout", [4, 3, 5]) { [Noise(.gaussianDropout(rate: 0.3))] },
    LayerCase("alpha dropout", [4, 3, 5]) { [Noise(.alphaDropout(rate: 0.4))] },
    LayerCase("spatial dropout", [4, 3, 9]) { [Noise(.spatialDropout(rate: 0.4))] },
    // Behind sigmoid, above zero: at zero there is an edge.
    LayerCase("shares of a sum", [6]) {
      [Dense(units: 7, activation: .sigmoid), ShareOfSum(), Dense(units: 3)]
    },
    LayerCase("dense on an image", [4, 3, 5]) { [Dense(units: 7, activation: .tanh)] },
  ]

  static let convolutions: [LayerCase] = Padding.allCases.flatMap { padding in
    [
      LayerCase("separable, \(padding)", [7, 8, 5]) {
        [SeparableConv2D(filters: 6, kernelSize: (3, 3), padding: padding)]
      },
      LayerCase("separable with all settings, \(padding)", [8, 7, 3]) {
        [
          SeparableConv2D(
            filters: 9, kernelSize: (3, 2), strides: (2, 2), padding: padding, depthMultiplier: 2,
            activation: .elu(alpha: 1), usesBias: false)
        ]
      },
      LayerCase("separable + swish + batch norm + ReLU, \(padding)", [8, 7, 8]) {
        [
          SeparableConv2D(filters: 8, kernelSize: (3, 3), padding: padding, activation: .swish),
          SeparableConv2D(filters: 8, kernelSize: (3, 3), padding: padding, usesBias: false),
          BatchNormalization(), Activation(.relu),
        ]
      },
      LayerCase("dilated, \(padding)", [9, 8, 3]) {
        [ExpandedConv2D(filters: 5, kernelSize: (3, 2), padding: padding, dilation: (2, 3))]
      },
      LayerCase("grouped, \(padding)", [6, 7, 6]) {
        [
          ExpandedConv2D(
            filters: 9, kernelSize: (3, 3), strides: (2, 1), padding: padding, groups: 3,
            activation: .relu)
        ]
      },
      LayerCase("grouped and dilated + ReLU, \(padding)", [9, 9, 8]) {
        [
          ExpandedConv2D(
            filters: 8, kernelSize: (3, 3), padding: padding, dilation: (2, 2), groups: 4),
          Activation(.relu),
        ]
      },
    ]
  }

  /// Two branches of one input, joined.
  static let joins: [LayerCase] =
    Merge.Operation.allCases.flatMap { operation in
      [
        LayerCase("\(operation)", [4, 3, 5]) { builder, input in
          let a = try builder.add(Conv2D(filters: 5, kernelSize: 1), to: input)
          return try builder.add(Merge(operation), to: [a, input])
        },
        // Squeeze and excite (Hu et al. 2018).
        LayerCase("\(operation), repeated", [4, 3, 5]) { builder, input in
          var a = try builder.add(GlobalAveragePooling2D(), to: input)
          a = try builder.add(Reshape([1, 1, 5]), to: a)
          a = try builder.add(Dense(units: 5, activation: .sigmoid), to: a)
          return try builder.add(Merge(operation), to: [input, a])
        },
      ]
    } + [
      LayerCase("concatenated channels", [4, 3, 5]) { builder, input in
        let a = try builder.add(Conv2D(filters: 3, kernelSize: 1), to: input)
        let b = try builder.add(Conv2D(filters: 8, kernelSize: 1), to: input)
        return try builder.add(Concatenate(), to: [a, input, b])
      },
      LayerCase("concatenated rows", [4, 3, 5]) { builder, input in
        let a = try builder.add(
          ZeroPadding2D(Margins(top: 1, bottom: 0, left: 0, right: 0)), to: input)
        return try builder.add(Concatenate(axis: 0), to: [a, input])
      },
    ]

  @Test(arguments: shapes + functions + convolutions + joins)
  func againstTheReference(layer: LayerCase) throws {
    GradientCheck(try layer.network()).run()
  }

  /// Shapes whose products no integer holds, or no memory, are refused.
  @Test func hugeShapesAreRefused() {
    #expect(throws: ShapeError.self) {
      _ = try Reshape([1 << 24, 1 << 24, 1 << 24]).outputShape(for: [[2304]])
    }
    #expect(throws: ShapeError.self) { _ = try Reshape([-1, 5]).outputShape(for: [[2304]]) }
    #expect(throws: ShapeError.self) {
      _ = try ExpandedConv2D(
        filters: 512, kernelSize: (3, 3), padding: .same, dilation: (256, 256)
      ).outputShape(for: [[48, 48, 512]])
    }
  }

  /// As `keras.activations.relu` and `ThresholdedReLU` compute it (`x · (x > threshold)`, then the clip): the threshold
  /// itself is below, even where `maxValue` is no more than it.
  @Test(
    arguments: [
      (nil, 0, [0, 0, 0, 1.5, 2.5], [0, 0, 0, 1, 1]), (2, 0, [0, 0, 0, 1.5, 2], [0, 0, 0, 1, 0]),
      (2, 0.5, [-1, -0.25, 0, 1.5, 2], [0.5, 0.5, 0.5, 1, 0]),
      (1, 0, [0, 0, 0, 1, 1], [0, 0, 0, 0, 0]), (0.5, 0, [0, 0, 0, 0.5, 0.5], [0, 0, 0, 0, 0]),
    ] as [(Float?, Float, [Float], [Float])])
  func theThresholdItselfIsBelow(
    maxValue: Float?, slope: Float, values: [Float], slopes: [Float]
  ) throws {
    let layer = RectifiedLinear(maxValue: maxValue, negativeSlope: slope, threshold: 1)
    let network = try NetworkBuilder.sequential(
      name: "net", inputShape: [5], seed: 1, ElementOffset(), layer)
    let plan = ExecutionPlan(
      network: network, batchSize: 1, mode: .training, pool: WorkerPool(threads: 1))
    plan.input.write([-1, 0.5, 1, 1.5, 2.5])
    plan.forward()
    #expect(Array(plan.output.elements) == values)
    plan.outputGradient.write([1, 1, 1, 1, 1])
    plan.backward()
    #expect(Array(network.parameters[0].gradient.elements) == slopes)
  }

  /// A broken run is seen: not-a-number comes through wherever it stands.
  @Test(arguments: 0..<4) func notANumberIsKept(place: Int) throws {
    var values: [Float] = [1, 2, 3, 4]
    values[place] = .nan
    let image = Tensor([1, 2, 2, 1], values)
    let highest = try NetworkBuilder.sequential(
      name: "net", inputShape: [2, 2, 1], seed: 1, [(nil, GlobalMaxPooling2D())])
    #expect(highest.answer(to: image).elements[0].isNaN)
    // Two corners: one operand of the two is not a number where the other is.
    for operation in [Merge.Operation.maximum, .minimum] where [0, 3].contains(place) {
      var builder = NetworkBuilder(name: "net", inputShape: [2, 2, 1])
      let first = try builder.add(
        Cropping2D(Margins(top: 0, bottom: 1, left: 0, right: 1)), to: builder.input)
      let second = try builder.add(
        Cropping2D(Margins(top: 1, bottom: 0, left: 1, right: 0)), to: builder.input)
      let x = try builder.add(Merge(operation), to: first, second)
      let network = try builder.build(output: x, seed: 1)
      #expect(network.answer(to: image).elements[0].isNaN)
    }
  }

  /// What falls together does, whatever else is drawn; about as much as the rate says falls.
  @Test func dropoutsFallTogether() {
    let shape: Shape = [40, 5, 6, 7]
    func fallen(_ kind: Noise.Kind) -> [Bool] {
      (0..<shape.count).map { Noise(kind).draw($0, shape, 3).factor == 0 }
    }
    let spatial = fallen(.spatialDropout(rate: 0.3))
    let rows = fallen(.sharedDropout(rate: 0.3, sharedAxes: [2, 3], rank: 4))
    var (maps, lines) = (0, 0)
    for image in 0..<40 {
      for y in 0..<5 {
        for x in 0..<6 {
          for c in 0..<7 {
            let place = ((image * 5 + y) * 6 + x) * 7 + c
            #expect(spatial[place] == spatial[image * 210 + c])
            #expect(rows[place] == rows[(image * 5 + y) * 42])
          }
        }
        lines += rows[(image * 5 + y) * 42] ? 1 : 0
      }
      maps += (0..<7).count { spatial[image * 210 + $0] }
    }
    // 280 maps and 200 rows of pixels: within four standard errors.
    #expect(abs(Double(maps) / 280 - 0.3) < 0.11, "\(maps)")
    #expect(abs(Double(lines) / 200 - 0.3) < 0.13, "\(lines)")
    #expect(
      Noise(.spatialDropout(rate: 0.3)).draw(spatial.firstIndex(of: false)!, shape, 3).factor == 1
        / 0.7)
  }

  /// What a run drew it draws again: each draw is that of a generator keyed by the element, or by what falls together.
  @Test func drawsAreKeyedByPlace() {
    let shape: Shape = [2, 3, 4, 5]
    for place in [0, 7, 59, 60, 119] {
      var random = SeededRandom(seed: 3, UInt64(place))
      #expect(Noise(.gaussian(deviation: 1)).draw(place, shape, 3).offset == random.normal())
      var ofMap = SeededRandom(seed: 3, UInt64(place / 60 * 5 + place % 5))
      let falls = ofMap.uniform() < 0.4
      #expect((Noise(.spatialDropout(rate: 0.4)).draw(place, shape, 3).factor == 0) == falls)
    }
  }

  /// Klambauer et al. 2017: mean 0 and variance 1 stay.
  @Test func alphaDropoutKeepsMeanAndVariance() {
    var random = SeededRandom(seed: 8)
    let shape: Shape = [40_000, 1]
    let values = (0..<40_000).map { place -> Double in
      let (factor, offset) = Noise(.alphaDropout(rate: 0.2)).draw(place, shape, 5)
      return Double(random.normal() * factor + offset)
    }
    let mean = values.reduce(0, +) / 40_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40_000
    #expect(abs(mean) < 0.02 && abs(variance - 1) < 0.04, "\(mean), \(variance)")
  }

  @Test func noiseHasItsMeanAndVariance() {
    let kinds: [(Noise.Kind, factor: Double, spread: Double)] = [
      (.gaussian(deviation: 0.5), 1, 0.25), (.gaussianDropout(rate: 0.2), 1, 0.25),
      (.spatialDropout(rate: 0.2), 1, 0.25),
    ]
    for (kind, factor, spread) in kinds {
      // Outputs for an input of ones, each an element or channel of its own.
      let shape: Shape = [20_000, 1, 1, 1]
      let values = (0..<20_000).map { place -> Double in
        let (factor, offset) = Noise(kind).draw(place, shape, 5)
        return Double(factor + offset)
      }
      let mean = values.reduce(0, +) / 20_000
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
      // Four standard errors of the mean; the variance's are larger.
      #expect(abs(mean - factor) < 4 * (spread / 20_000).squareRoot(), "\(kind): \(mean)")
      #expect(abs(variance - spread) < 0.02, "\(kind): \(variance)")
    }
  }
}
