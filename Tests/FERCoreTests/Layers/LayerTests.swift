import Testing

@testable import FERCore

/// Every layer, forward and backward, against references in Double. Each case runs in an execution plan whose arena
/// starts as not-a-number, so the memory plan is under test as well.
@Suite struct LayerTests {
  static let functions: [ActivationFunction] = [
    .linear, .relu, .leakyReLU(slope: 0.2), .elu(alpha: 1), .elu(alpha: 0.7), .sigmoid, .tanh,
    .swish, .softmax, .leakyReLU(slope: -0.1), .elu(alpha: -0.5),
  ]
  /// The identity, so that a softmax before it is not the network's last layer.
  @Sendable static func end() -> Layer { Rescaling(scale: 1) }

  static let activations: [LayerCase] = functions.flatMap(cases(of:))

  private static func cases(of function: ActivationFunction) -> [LayerCase] {
    [
      LayerCase("\(function)", [4, 3, 5]) { [Activation(function), end()] },
      LayerCase("\(function) of a row", [13]) { [Activation(function), end()] },
      LayerCase("dense, \(function)", [9]) { [Dense(units: 7, activation: function), end()] },
      LayerCase("conv, \(function)", [5, 4, 2]) {
        [Conv2D(filters: 9, kernelSize: 3, activation: function), end()]
      },
      LayerCase("Winograd conv, \(function)", [5, 6, 8]) {
        [Conv2D(filters: 8, kernelSize: 3, padding: .same, activation: function), end()]
      },
    ]
  }

  static let convolutions: [LayerCase] = Padding.allCases.flatMap(convolutions(padding:))

  private static func convolutions(padding: Padding) -> [LayerCase] {
    var cases: [LayerCase] = []
    for stride in 1...3 {
      for kernel in [(1, 1), (3, 3), (2, 4), (5, 5)] {
        let layer: @Sendable () -> [Layer] = {
          [
            Conv2D(
              filters: 5, kernelSize: kernel, strides: (stride, stride), padding: padding,
              usesBias: stride != 2)
          ]
        }
        cases.append(LayerCase("conv \(kernel), stride \(stride), \(padding)", [8, 7, 3], layer))
      }
    }
    for (inputs, outputs) in [(8, 8), (16, 24), (24, 8)] {
      for (height, width) in [(4, 4), (7, 6), (9, 10)] {
        let layer: @Sendable () -> [Layer] = {
          [Conv2D(filters: outputs, kernelSize: 3, padding: padding, usesBias: height != 7)]
        }
        let name = "Winograd \(height) x \(width) x \(inputs) -> \(outputs), \(padding)"
        cases.append(LayerCase(name, [height, width, inputs], layer))
      }
    }
    cases.append(
      LayerCase("pointwise to whole vectors, \(padding)", [5, 5, 16]) {
        [Conv2D(filters: 16, kernelSize: 1, padding: padding)]
      })
    for kernel in [3, 5] {
      cases.append(
        LayerCase("one channel, kernel \(kernel), \(padding)", [9, 9, 1]) {
          [Conv2D(filters: 32, kernelSize: kernel, padding: padding)]
        })
    }
    return cases
  }

  static let depthwise: [LayerCase] = Padding.allCases.flatMap { padding in
    [(1, 1), (8, 1), (9, 1), (3, 2)].flatMap { channels, multiplier in
      [1, 2].map { stride in
        LayerCase(
          "depthwise \(channels) x \(multiplier), stride \(stride), \(padding)",
          [6, 7, channels]
        ) {
          [
            DepthwiseConv2D(
              kernelSize: (3, 2), strides: (stride, stride), padding: padding,
              depthMultiplier: multiplier, activation: stride == 1 ? .linear : .swish,
              usesBias: channels != 8)
          ]
        }
      }
    }
  }

  static let pools: [LayerCase] = Padding.allCases.flatMap(pools(padding:))

  private static func pools(padding: Padding) -> [LayerCase] {
    let windows: [(size: (Int, Int), strides: (Int, Int))] = [
      ((2, 2), (2, 2)), ((3, 3), (2, 2)), ((3, 2), (3, 2)), ((2, 3), (1, 1)), ((2, 2), (3, 3)),
    ]
    let shapes: [Shape] = [[6, 6, 8], [7, 5, 3], [5, 8, 9]]
    var cases: [LayerCase] = []
    for (size, strides) in windows {
      for shape in shapes {
        let name = "\(size) stride \(strides) of \(shape), \(padding)"
        cases.append(
          LayerCase("max \(name)", shape) {
            [MaxPooling2D(poolSize: size, strides: strides, padding: padding)]
          })
        cases.append(
          LayerCase("average \(name)", shape) {
            [AveragePooling2D(poolSize: size, strides: strides, padding: padding)]
          })
      }
    }
    return cases
  }

  static let others: [LayerCase] = [
    LayerCase("global average", [5, 7, 9]) { [GlobalAveragePooling2D()] },
    LayerCase("dense", [33]) { [Dense(units: 17)] },
    LayerCase("dense without bias", [7]) { [Dense(units: 1, usesBias: false)] },
    LayerCase("flatten", [3, 4, 5]) { [Flatten(), Dense(units: 3)] },
    LayerCase("rescaling", [4, 4, 3]) { [Rescaling(scale: -1.5, offset: 0.25)] },
    LayerCase("dropout", [4, 4, 9]) { [Dropout(rate: 0.4)] },
    LayerCase("dropout of nothing", [4, 4, 9]) { [Dropout(rate: 0)] },
    LayerCase("batch norm", [5, 4, 9]) { [BatchNormalization()] },
    LayerCase("batch norm of whole vectors", [5, 4, 16]) { [BatchNormalization()] },
    LayerCase("batch norm of rows", [11]) { [BatchNormalization(epsilon: 0.1)] },
    LayerCase("batch norm, no scale", [5, 4, 9]) { [BatchNormalization(scales: false)] },
    LayerCase("batch norm, no centre", [5, 4, 9]) { [BatchNormalization(centers: false)] },
    LayerCase("batch norm, neither", [5, 4, 9]) {
      [BatchNormalization(centers: false, scales: false)]
    },
  ]

  /// A ReLU right behind these is theirs to apply.
  static let fused: [LayerCase] = [
    LayerCase("conv + ReLU", [6, 5, 3]) { [Conv2D(filters: 5, kernelSize: 3), Activation(.relu)] },
    LayerCase("depthwise + ReLU + pointwise", [6, 5, 9]) {
      [
        DepthwiseConv2D(kernelSize: (3, 3), padding: .same), Activation(.relu),
        Conv2D(filters: 5, kernelSize: 1),
      ]
    },
    LayerCase("Winograd + ReLU", [6, 5, 8]) {
      [Conv2D(filters: 8, kernelSize: 3), Activation(.relu), Conv2D(filters: 3, kernelSize: 1)]
    },
    LayerCase("conv with tanh + ReLU, not fused", [6, 5, 3]) {
      [Conv2D(filters: 5, kernelSize: 3, activation: .tanh), Activation(.relu)]
    },
    LayerCase("dense + ReLU", [9]) { [Dense(units: 12), Activation(.relu), Dense(units: 4)] },
    LayerCase("batch norm + ReLU", [5, 4, 9]) { [BatchNormalization(), Activation(.relu)] },
    LayerCase("conv + batch norm + ReLU + conv", [5, 4, 8]) {
      [
        Conv2D(filters: 16, kernelSize: 3, padding: .same, usesBias: false), BatchNormalization(),
        Activation(.relu), Conv2D(filters: 8, kernelSize: 3, padding: .same),
      ]
    },
    LayerCase("batch norm + ReLU + ReLU", [5, 4, 9]) {
      [BatchNormalization(), Activation(.relu), Activation(.relu)]
    },
    LayerCase("dense + ReLU, ending", [9]) { [Dense(units: 12), Activation(.relu)] },
    LayerCase("ReLU + flatten + dropout + dense", [3, 3, 8]) {
      [
        Conv2D(filters: 8, kernelSize: 3, padding: .same), Activation(.relu), Flatten(),
        Dropout(rate: 0.3), Dense(units: 5),
      ]
    },
    LayerCase("Winograd + ReLU + pool + Winograd", [9, 8, 8]) {
      [
        Conv2D(filters: 16, kernelSize: 3), Activation(.relu), MaxPooling2D(),
        Conv2D(filters: 8, kernelSize: 3, padding: .same),
      ]
    },
    LayerCase("Winograd with ReLU + pool, behind another", [7, 10, 8]) {
      [
        Conv2D(filters: 9, kernelSize: 3, padding: .same),
        Conv2D(filters: 16, kernelSize: 3, padding: .same, activation: .relu), MaxPooling2D(),
        Dropout(rate: 0.2),
      ]
    },
    LayerCase("Winograd + pool", [8, 6, 8]) {
      [Conv2D(filters: 8, kernelSize: 3, usesBias: false), MaxPooling2D()]
    },
    LayerCase("conv with tanh + pool, not fused", [8, 6, 8]) {
      [Conv2D(filters: 8, kernelSize: 3, activation: .tanh), MaxPooling2D()]
    },
    LayerCase("batch norm + ReLU + pool", [4, 6, 19]) {
      [BatchNormalization(), Activation(.relu), MaxPooling2D()]
    },
    LayerCase("conv + batch norm + ReLU + pool + conv", [6, 4, 8]) {
      [
        Conv2D(filters: 16, kernelSize: 3, padding: .same, usesBias: false), BatchNormalization(),
        Activation(.relu), MaxPooling2D(), Conv2D(filters: 8, kernelSize: 3, padding: .same),
      ]
    },
    LayerCase("conv with bias + batch norm + pool of an odd side, not fused", [5, 6, 8]) {
      [
        Conv2D(filters: 8, kernelSize: 3, padding: .same), BatchNormalization(), MaxPooling2D(),
        Activation(.relu),
      ]
    },
    LayerCase("pool + ReLU, not fused", [6, 6, 8]) {
      [MaxPooling2D(), Activation(.relu), GlobalAveragePooling2D()]
    },
  ]

  @Test(arguments: activations + convolutions + depthwise) func perElement(layer: LayerCase) throws
  {
    try check(layer)
  }

  @Test(arguments: pools + others + fused) func perWindow(layer: LayerCase) throws {
    try check(layer)
  }

  private func check(_ layer: LayerCase) throws { GradientCheck(try layer.network()).run() }
}
