import Foundation
import Testing

@testable import FERCore

/// What the several Keras wrote, held against what they answered (Fixtures/make_reader_goldens.py).
@Suite struct KerasReaderTests {
  private static func goldens(_ name: String) throws -> (input: Tensor, output: Tensor) {
    let file = try HDF5File(reading: PackageFolder.fixture("reader/goldens.h5"))
    return (try file.readFloats("\(name)/input"), try file.readFloats("\(name)/output"))
  }

  /// Answers to images that Keras was given, its channels first or last.
  static func difference(_ network: Network, _ name: String) throws -> Float {
    let (input, output) = try goldens(name)
    var images = input
    if input.shape.perSample != network.inputShape {
      let shape = input.shape.perSample
      #expect([shape[1], shape[2], shape[0]] == network.inputShape)
      images = input.withChannelsLast()
    }
    let answer = network.answer(to: images)
    #expect(answer.shape == output.shape)
    return answer.largestDifference(from: output)
  }

  @Test(arguments: [
    "channels_first_chain", "channels_first_flat", "channels_first_graph", "mixed_formats",
    "keras1_theano", "keras1_tensorflow_th", "keras1_tensorflow_tf", "keras3_activations",
    "tf_keras_activations",
  ])
  func modelsAnswerAsInKeras(name: String) throws {
    let (network, _) = try KerasFormat.read(PackageFolder.fixture("reader/\(name).h5"))
    #expect(try Self.difference(network, name) < 1e-5)
    // What is written has its channels last and answers the same.
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      try KerasFormat.write(network, metadata: ModelMetadata(), to: url)
      #expect(try Self.difference(try KerasFormat.read(url).network, name) < 1e-5)
    }
  }

  /// Whatever stands before the first layer that says where channels are, images lie as `[height, width, channels]`.
  @Test(arguments: [
    "normalized", "normalized_last", "rescaled", "standardized", "dense", "permuted", "reshaped",
    "flat", "permuted_itself",
  ])
  func imagesWithTheirChannelsFirstAreKnown(name: String) throws {
    let (network, _) = try KerasFormat.read(PackageFolder.fixture("first/\(name).h5"))
    let expected = try HDF5File(reading: PackageFolder.fixture("first/\(name).expected.h5"))
    let (input, output) = (try expected.readFloats("input"), try expected.readFloats("output"))
    let hasThree = ["rescaled", "standardized", "reshaped", "flat"].contains(name)
    #expect(network.inputShape == [12, 10, hasThree ? 3 : 1])
    let images = name == "permuted_itself" ? input : input.withChannelsLast()
    #expect(network.answer(to: images).largestDifference(from: output) < 1e-5)
    // Where no layer tells, it is said.
    let isGuessed = ["permuted", "reshaped"].contains(name)
    #expect(
      network.guess
        == (isGuessed
          ? "where its channels are (taken as the first axis of \(input.shape.perSample))" : nil))
    // What is said, or taken so, is kept by a copy.
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      try KerasFormat.write(network, metadata: ModelMetadata(), to: url)
      let (again, _) = try KerasFormat.read(url)
      #expect(again.guess == nil)
      #expect(again.answer(to: images).largestDifference(from: output) < 1e-5)
    }
  }

  @Test(arguments: ["keras3_nested", "keras3_nested_in_chain"], [".h5", ".keras"])
  func modelsInModelsAnswerAsInKeras3(name: String, form: String) throws {
    let (network, _) = try KerasFormat.read(PackageFolder.fixture("reader/\(name)\(form)"))
    #expect(try Self.difference(network, name) < 1e-5)
  }

  @Test(arguments: ["tf_keras_nested", "tf_keras_nested_in_chain"], [".h5", ".keras"])
  func modelsInModelsAnswerAsInKeras2(name: String, form: String) throws {
    let (network, _) = try KerasFormat.read(PackageFolder.fixture("reader/\(name)\(form)"))
    #expect(try Self.difference(network, name) < 1e-5)
  }

  @Test(arguments: [
    ("keras3_nested", ".weights.h5"), ("keras3_nested_in_chain", ".weights.h5"),
    ("tf_keras_nested", ".weights.h5"), ("tf_keras_nested", ".legacy_weights.h5"),
    ("tf_keras_nested_in_chain", ".legacy_weights.h5"), ("keras3_nested", ".keras"),
  ])
  func weightsAloneGoIntoAConfiguration(name: String, form: String) throws {
    let weights = PackageFolder.fixture("reader/\(name)\(form)")
    if form != ".keras" {
      expectBadData("holds weights only (Keras' save_weights)") {
        _ = try KerasFormat.read(weights)
      }
    }
    let config = PackageFolder.fixture("reader/\(name).json")
    let (network, _) = try KerasFormat.read(weights, structure: .configuration(config))
    #expect(try Self.difference(network, name) < 1e-5)
  }

  /// By name, by order where the names are others, and with one line where neither fits.
  @Test func weightsAloneGoIntoANetwork() throws {
    func network(_ names: [String], filters: Int = 4, seed: UInt64) throws -> Network {
      let network = try NetworkBuilder.sequential(
        name: "net", inputShape: [6, 6, 1], seed: seed,
        [
          (names[0], Conv2D(filters: filters, kernelSize: 3)), ("norm", BatchNormalization()),
          ("flat", Flatten()), (names[1], Dense(units: 3)),
        ])
      network.shake(seed: seed)
      return network
    }
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("weights.h5")
      let original = try network(["conv", "dense"], seed: 1)
      try HDF5File.write(to: url) { file in
        try file.setStrings(["conv", "norm", "flat", "dense"], "layer_names")
        for node in original.nodes.dropFirst() {
          let parameters = node.layer?.parameters ?? []
          try file.makeGroup(node.name)
          try file.setStrings(
            parameters.map { "\(node.name)/\($0.name):0" }, "weight_names", of: node.name)
          for parameter in parameters {
            try file.write(
              parameter.value.view, to: "\(node.name)/\(node.name)/\(parameter.name):0")
          }
        }
      }
      for names in [["conv", "dense"], ["conv2d_7", "dense_9"], ["dense", "conv"]] {
        let (read, _) = try KerasFormat.read(
          url, structure: .network(try network(names, seed: 2)))
        #expect(
          read.parameters.map { Array($0.value.elements) }
            == original.parameters.map { Array($0.value.elements) })
      }
      expectBadData("'conv/kernel' has shape [3, 3, 1, 4], the network expects [3, 3, 1, 5]") {
        let other = try network(["conv", "dense"], filters: 5, seed: 2)
        _ = try KerasFormat.read(url, structure: .network(other))
      }
      expectBadData("has weights for 3 layers (conv, norm, dense), the network expects 1 (scores)")
      {
        let other = try NetworkBuilder.sequential(
          name: "small", inputShape: [6], seed: 1, [("scores", Dense(units: 3))])
        _ = try KerasFormat.read(url, structure: .network(other))
      }
    }
  }

  /// The weights-only file among the published ones, into a configuration written for it here.
  @Test func aPublishedFileOfWeightsGoesIntoItsConfiguration() throws {
    guard let url = PackageFolder.shared("keras-models/SoroushMB-emotion_model.h5") else {
      print("skipped: the published models are not here")
      return
    }
    var layers: [(String?, any Layer)] = []
    for filters in [32, 64, 128] {
      layers += [
        (nil, Conv2D(filters: filters, kernelSize: 3, activation: .relu)),
        (nil, BatchNormalization()), (nil, MaxPooling2D()), (nil, Dropout(rate: 0.25)),
      ]
    }
    layers += [
      (nil, Flatten()), (nil, Dense(units: 256, activation: .relu)), (nil, Dropout(rate: 0.5)),
      (nil, Dense(units: 7, activation: .softmax)),
    ]
    let network = try NetworkBuilder.sequential(
      name: "sequential", inputShape: [48, 48, 1], seed: 1, layers)
    let file = try HDF5File(reading: url)
    _ = try KerasFormat.read(url, structure: .network(network))
    let kernel = try file.readFloats("dense/dense/kernel:0")
    let dense = try #require(network.node(named: "dense")?.layer)
    #expect(Array(dense.parameters[0].value.elements) == kernel.elements)
  }

  @Test func whatKeras1CanSayAndThisCannotIsNamed() throws {
    func config(_ className: String, _ values: [String: JSONValue]) -> KerasConfig {
      KerasConfig(
        file: "old.h5", layer: "x", position: 3, className: className, inputs: [[4, 4, 2]],
        values: values, version: 1)
    }
    for (className, values, reason) in [
      ("BatchNormalization", ["mode": 2, "axis": 1], "'mode' is 2, expected 0"),
      ("Convolution2D", ["dim_ordering": "fh"], "'dim_ordering' is \"fh\", expected th or tf"),
      ("Merge", ["mode": "dot"], "'mode' is \"dot\", expected one of ave, concat, max, mul, sum"),
    ] as [(String, [String: JSONValue], String)] {
      expectBadData("old.h5: layer 3 'x' (\(className)): \(reason)") {
        _ = try KerasOne.modern(config(className, values))
      }
    }
  }

  @Test(arguments: [(5, 3, 1), (5, 3, 2), (6, 3, 2), (7, 4, 1), (8, 5, 3), (9, 2, 4), (3, 5, 2)])
  func theanoPadsHalfAKernel(extent: Int, kernel: Int, stride: Int) {
    let (before, behind) = TheanoPadding.sides(extent: extent, kernel: kernel, stride: stride)
    #expect(before == kernel / 2)
    // As many outputs as TensorFlow has, and no element more than they need.
    let whole = before + extent + behind
    #expect((whole - kernel) % stride == 0)
    #expect((whole - kernel) / stride + 1 == (extent + stride - 1) / stride)
  }

  /// A published network that pools over what are not its channels, which TensorFlow does on no CPU: computed again in
  /// Double, loop by loop as the layers are defined, from the arrays of the file.
  @Test func aPublishedModelWithMixedFormatsAnswersAsComputedByHand() throws {
    guard let url = PackageFolder.shared("keras-models/thoughtworksarts-conv_model_012.hdf5") else {
      print("skipped: the published models are not here")
      return
    }
    let (network, _) = try KerasFormat.read(url)
    #expect(network.inputShape == [48, 48, 1])
    let images = Tensor.random([2, 48, 48, 1], seed: 12)
    let answer = network.answer(to: images)
    let file = try HDF5File(reading: url)
    for sample in 0..<2 {
      var x = Volume(
        [48, 48, 1], images.elements[sample * 2304..<(sample + 1) * 2304].map(Double.init))
      for layer in ["conv2d_1", "conv2d_2", "pool", "conv2d_3", "conv2d_4", "pool"] {
        x = try layer == "pool" ? x.pooledOverLastAxes() : x.convolved(layer, file)
      }
      let kernel = try file.readFloats("model_weights/dense_1/dense_1/kernel:0")
      let bias = try file.readFloats("model_weights/dense_1/dense_1/bias:0")
      for unit in 0..<3 {
        var sum = Double(bias.elements[unit])
        for i in x.values.indices { sum += x.values[i] * Double(kernel.elements[i * 3 + unit]) }
        #expect(abs(Double(answer.elements[sample * 3 + unit]) - max(sum, 0)) < 1e-5)
      }
    }
  }
}

/// A sample of three axes in Double.
private struct Volume {
  let shape: [Int]
  var values: [Double]

  init(_ shape: [Int], _ values: [Double]) {
    self.shape = shape
    self.values = values
  }

  private subscript(_ i: Int, _ j: Int, _ k: Int) -> Double {
    values[(i * shape[1] + j) * shape[2] + k]
  }

  /// Windows of 2 x 2 over the second and third axis, as a pooling with its channels first has them.
  func pooledOverLastAxes() -> Volume {
    var result = Volume([shape[0], shape[1] / 2, shape[2] / 2], [])
    for i in 0..<shape[0] {
      for j in 0..<shape[1] / 2 {
        for k in 0..<shape[2] / 2 {
          result.values.append(
            max(
              self[i, 2 * j, 2 * k], self[i, 2 * j, 2 * k + 1], self[i, 2 * j + 1, 2 * k],
              self[i, 2 * j + 1, 2 * k + 1]))
        }
      }
    }
    return result
  }

  /// A convolution without padding, its channels last, then ReLU.
  func convolved(_ layer: String, _ file: borrowing HDF5File) throws -> Volume {
    let kernel = try file.readFloats("model_weights/\(layer)/\(layer)/kernel:0")
    let weights = kernel.elements.map(Double.init)
    let bias = try file.readFloats("model_weights/\(layer)/\(layer)/bias:0").elements
    let (rows, columns, channels, filters) = (
      kernel.shape[0], kernel.shape[1], kernel.shape[2], kernel.shape[3]
    )
    var result = Volume([shape[0] - rows + 1, shape[1] - columns + 1, filters], [])
    for i in 0..<result.shape[0] {
      for j in 0..<result.shape[1] {
        for filter in 0..<filters {
          var sum = Double(bias[filter])
          for r in 0..<rows {
            for c in 0..<columns {
              for channel in 0..<channels {
                sum +=
                  self[i + r, j + c, channel]
                  * weights[((r * columns + c) * channels + channel) * filters + filter]
              }
            }
          }
          result.values.append(max(sum, 0))
        }
      }
    }
    return result
  }
}

extension Tensor {
  /// `[count, channels, height, width]` as `[count, height, width, channels]`.
  func withChannelsLast() -> Tensor {
    let (channels, pixels) = (shape[1], shape[2] * shape[3])
    var result: [Float] = []
    for sample in 0..<shape[0] {
      for pixel in 0..<pixels {
        for channel in 0..<channels {
          result.append(elements[(sample * channels + channel) * pixels + pixel])
        }
      }
    }
    return Tensor([shape[0], shape[2], shape[3], channels], result)
  }
}
