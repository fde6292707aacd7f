import Foundation
import Testing

@testable import FERCore

/// Which Keras a file is of decides how its kernels are meant: held against the sums written out in Double.
@Suite struct KerasOriginTests {
  private static let image = Tensor([1, 3, 3, 1], (0..<9).map { Float($0 * $0) / 8 - 3 })
  private static let kernel = Tensor([2, 2, 1, 1], [1, -2, 0.5, 3])

  /// The four sums of the image under the kernel, which Theano turns upside down.
  private static func sums(isTheano: Bool) -> [Float] {
    let (x, k) = (image.elements.map(Double.init), kernel.elements.map(Double.init))
    return [0, 1, 3, 4].map { corner in
      let sum = [0, 1, 2, 3].reduce(0.0) { sum, tap in
        sum + x[corner + tap / 2 * 3 + tap % 2] * k[isTheano ? 3 - tap : tap]
      }
      return Float(sum + 0.25)
    }
  }

  /// Keras 1 does not name its backend, and its first layer with weights need not have a kernel.
  @Test(arguments: [("", true), (":0", false)])
  func theKernelsNameTellsTheBackendOfKeras1(ending: String, isTheano: Bool) throws {
    let config = HandmadeKerasFile.chain(
      (
        "BatchNormalization",
        #""name": "norm", "batch_input_shape": [null, 3, 3, 1], "mode": 0, "axis": -1, "epsilon": 0.001"#
      ),
      (
        "Convolution2D",
        #""name": "conv", "nb_filter": 1, "nb_row": 2, "nb_col": 2, "dim_ordering": "tf""#
      ), ("Flatten", #""name": "flat""#))
    let norm: [(String, Float)] = [
      ("gamma", 1), ("beta", 0), ("running_mean", 0), ("running_std", 0.999),
    ]
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("old.h5")
      try HandmadeKerasFile.write(
        config: config, version: "1.2.2",
        [
          ("norm", norm.map { ("norm_\($0)\(ending)", Tensor([1], [$1])) }),
          ("conv", [("conv_W\(ending)", Self.kernel), ("conv_b\(ending)", Tensor([1], [0.25]))]),
          ("flat", []),
        ], to: url)
      let answer = try KerasFormat.read(url).network.answer(to: Self.image)
      let expected = Tensor([1, 4], Self.sums(isTheano: isTheano))
      #expect(answer.largestDifference(from: expected) < 1e-5, "\(Array(answer.elements))")
    }
  }

  /// Weights alone say their backend too, for a network that is said elsewhere.
  @Test(arguments: [("theano", true), ("tensorflow", false)])
  func weightsAloneAreTurnedAsTheirBackendMeansThem(backend: String, isTheano: Bool) throws {
    func network() throws -> Network {
      try NetworkBuilder.sequential(
        name: "net", inputShape: [3, 3, 1], seed: 1,
        [("conv", Conv2D(filters: 1, kernelSize: 2)), ("flat", Flatten())])
    }
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("weights.h5")
      try HandmadeKerasFile.write(
        config: nil, version: "2.1.6", backend: backend,
        [
          ("conv", [("conv/kernel:0", Self.kernel), ("conv/bias:0", Tensor([1], [0.25]))]),
          ("flat", []),
        ], to: url)
      let expected = Tensor([1, 4], Self.sums(isTheano: isTheano))
      let whole = try KerasFormat.read(url, structure: .network(network())).network
      #expect(whole.answer(to: Self.image).largestDifference(from: expected) < 1e-5)
      let other = try network()
      #expect(try KerasFormat.readMatchingWeights(from: url, into: other) == ["conv"])
      #expect(other.answer(to: Self.image).largestDifference(from: expected) < 1e-5)
    }
  }

  /// Keras' Softmax goes along the last axis, which is the columns where channels are first.
  @Test(arguments: [#""softmax""#, #"{"class_name": "Softmax", "config": {"axis": -1}}"#])
  func aSoftmaxInsideALayerGoesAlongTheLastAxis(activation: String) throws {
    let images = Tensor([1, 3, 5, 1], (0..<15).map { Float($0 % 7) / 3 })
    let factors: [Float] = [1.5, -0.5]
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("first.h5")
      func write(_ activation: String) throws {
        let config = HandmadeKerasFile.chain(
          (
            "Conv2D",
            #"""
            "name": "conv", "batch_input_shape": [null, 1, 3, 5], "filters": 2, "kernel_size": [1, 1],
            "data_format": "channels_first", "use_bias": false, "activation": \#(activation)
            """#
          ))
        try HandmadeKerasFile.write(
          config: config, version: "2.15.0", backend: "tensorflow",
          [("conv", [("conv/kernel:0", Tensor([1, 1, 1, 2], factors))])], to: url)
      }
      try write(activation)
      let answer = try KerasFormat.read(url).network.answer(to: images)
      #expect(answer.shape == [1, 2, 3, 5])
      for filter in 0..<2 {
        for row in 0..<3 {
          let powers = (0..<5).map { exp(Double(factors[filter] * images.elements[row * 5 + $0])) }
          for column in 0..<5 {
            let found = Double(answer.elements[(filter * 3 + row) * 5 + column])
            #expect(abs(found - powers[column] / powers.reduce(0, +)) < 1e-5)
          }
        }
      }
      try write(#"{"class_name": "Softmax", "config": {"axis": [1, 2]}}"#)
      expectBadData("'axis' of its activation Softmax is [1,2], expected -1") {
        _ = try KerasFormat.read(url)
      }
    }
  }
}
