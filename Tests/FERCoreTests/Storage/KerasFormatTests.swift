import Foundation
import Testing

@testable import FERCore

/// Reading is held against what Keras itself answered (Fixtures/make_keras_goldens.py), writing against reading.
@Suite struct KerasFormatTests {
  @Test(arguments: [
    "keras3_sequential", "keras3_functional", "keras3_separable", "tf_keras_sequential",
    "tf_keras_functional", "tf_keras_separable",
  ])
  func modelsOfKerasAnswerAsInKeras(name: String) throws {
    let (network, metadata) = try KerasFormat.read(PackageFolder.fixture("\(name).h5"))
    #expect(metadata == ModelMetadata())
    let goldens = try HDF5File(reading: PackageFolder.fixture("keras_goldens.h5"))
    let answer = network.answer(to: try goldens.readFloats("\(name)/input"))
    let expected = try goldens.readFloats("\(name)/output")
    #expect(answer.shape == expected.shape)
    #expect(answer.largestDifference(from: expected) < 1e-5)
  }

  /// Every model of the optional material that Keras can run.
  @Test(arguments: [
    "ChesterYWChu-classifier.h5", "priya-dwivedi-model_v6_23.hdf5", "PouyaZr-emotion_model.h5",
    "joelweber97-emotion_classifier.h5", "Mahmoud-adel25-emotion_model.h5",
    "Quirin-DHBW-face_emotion_classifier.h5", "oarriaga-fer2013_mini_XCEPTION.102-0.66.hdf5",
    "rahulvs94-new-tiny_XCEPTION.h5", "rahulvs94-tiny_XCEPTION.h5",
  ])
  func publishedModelsAnswerAsInKeras(name: String) throws {
    guard let url = PackageFolder.shared("keras-models/\(name)"),
      let answers = PackageFolder.shared("keras-models/\(name).expected.h5")
    else {
      print("skipped: \(name) is not here")
      return
    }
    let (network, _) = try KerasFormat.read(url)
    let expected = try HDF5File(reading: answers)
    let answer = network.answer(to: try expected.readFloats("input"))
    let difference = answer.largestDifference(from: try expected.readFloats("output"))
    #expect(difference < 1e-5, "\(name): \(difference)")
  }

  @Test(arguments: [
    ("SoroushMB-emotion_model.h5", "holds weights only (Keras' save_weights)"),
    ("SachinKonan-emotion.h5", "not an HDF5 file: it begins with '<!DOCTYPE html>'"),
    ("Nagi2003-fer_model.h5", "not an HDF5 file: its signature was mangled"),
  ])
  func publishedFilesThatCannotBeReadSayWhy(name: String, reason: String) throws {
    guard let url = PackageFolder.shared("keras-models/\(name)") else {
      print("skipped: \(name) is not here")
      return
    }
    expectBadData(reason) { _ = try KerasFormat.read(url) }
  }

  /// Keras' `noise_shape` is as long as what it is for.
  @Test(arguments: ["model.h5", "model.keras"]) func sharedDropoutOfRowsReadsBack(name: String)
    throws
  {
    let kind = Noise.Kind.sharedDropout(rate: 0.5, sharedAxes: [1], rank: 2)
    let network = try NetworkBuilder.sequential(
      name: "net", inputShape: [4, 4, 1], seed: 1,
      [
        (nil, Flatten()), (nil, Dense(units: 8)), (nil, Noise(kind)),
        (nil, Dense(units: 3, activation: .softmax)),
      ])
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent(name)
      try KerasFormat.write(network, metadata: ModelMetadata(), to: url)
      let read = try KerasFormat.read(url).network
      #expect(read.nodes.contains { ($0.layer as? Noise)?.kind == kind })
    }
  }

  @Test(arguments: ["model.h5", "model.keras"])
  func whatSixteenBitsCannotHoldIsRefused(name: String) throws {
    try withTemporaryFolder { folder in
      let network = try Self.chain()
      let parameter = try #require(network.parameters.last)
      let url = folder.appendingPathComponent(name)
      parameter.value.base[0] = 65_504
      try KerasFormat.write(network, metadata: ModelMetadata(), to: url, as: .float16)
      parameter.value.base[0] = -70_000
      expectBadData("has -70000.0, which 16 bits cannot hold") {
        try KerasFormat.write(
          network, metadata: ModelMetadata(), to: folder.appendingPathComponent("x" + name),
          as: .float16)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [name])
      try KerasFormat.write(network, metadata: ModelMetadata(), to: url)
    }
  }

  @Test(arguments: [false, true])
  func whatIsWrittenReadsBackBitByBit(isGraph: Bool) throws {
    try withTemporaryFolder { folder in
      let network = try isGraph ? Self.graph() : Self.chain()
      let metadata = ModelMetadata(
        labels: ["angry", "happy", "überrascht"], architecture: "fast", seed: .max,
        split: "Training", recipe: ["epochs": 12, "learningRate": 0.1, "note": "\"quoted\" / 😄"],
        scores: ["public": ["accuracy": 0.5625]], version: "0.1.0")
      let url = folder.appendingPathComponent("model.h5")
      try KerasFormat.write(network, metadata: metadata, to: url)
      let (read, readMetadata) = try KerasFormat.read(url)
      #expect(readMetadata == metadata)
      #expect(read.name == network.name)
      let original = network.parametersByPath()
      let copy = read.parametersByPath()
      #expect(Set(original.keys) == Set(copy.keys))
      for (path, bits) in original { #expect(copy[path] == bits, "\(path)") }
      let images = Tensor.random(network.inputShape.batched(2), seed: 5)
      #expect(read.answer(to: images).elements == network.answer(to: images).elements)
      let first = try Data(contentsOf: url)
      try KerasFormat.write(read, metadata: readMetadata, to: url)
      let third = try KerasFormat.read(url).network
      #expect(third.parametersByPath() == original)
      if !isGraph { #expect(try Data(contentsOf: url) == first) }
    }
  }

  @Test func otherValuesAndHalfWidthsAreWritten() throws {
    try withTemporaryFolder { folder in
      let network = try Self.chain()
      let url = folder.appendingPathComponent("model.h5")
      let values = FloatBuffer(count: network.values.count)
      for i in 0..<values.count { values.base[i] = 1 + Float(i) / 4096 }
      try KerasFormat.write(
        network, metadata: ModelMetadata(), to: url, values: values, as: .float16)
      let read = try KerasFormat.read(url).network
      for (parameter, original) in zip(read.parameters, network.parameters) {
        let offset = original.value.base - network.values.base
        for i in 0..<parameter.shape.count {
          #expect(abs(parameter.value.base[i] - values.base[offset + i]) <= 0x1p-11)
        }
      }
    }
  }

  @Test func weightsOfAnotherShapeAreNamed() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      try KerasFormat.write(try Self.chain(), metadata: ModelMetadata(), to: url)
      let wider = try NetworkBuilder.sequential(
        name: "wider", inputShape: [8, 8, 1], seed: 1,
        [("conv", Conv2D(filters: 5, kernelSize: 3)), ("flat", Flatten()), (nil, Dense(units: 3))])
      let file = try HDF5File(reading: url)
      expectBadData("'conv/kernel' has shape [3, 3, 1, 4], the network expects [3, 3, 1, 5]") {
        try KerasFormat.readWeights(from: file, into: wider)
      }
      let other = try Self.chain(seed: 2)
      try KerasFormat.readWeights(from: file, into: other)
      #expect(other.parametersByPath() == (try Self.chain()).parametersByPath())
    }
  }

  /// A configuration may say anything; each of these is changed in one place.
  @Test(arguments: [
    ("\"filters\":4", "\"filters\":1000000", "the network expects [3, 3, 1, 1000000]"),
    ("\"filters\":4", "\"filters\":0", "'filters' is 0, expected a whole number from 1"),
    ("\"filters\":4", "\"filters\":1e300", "'filters' is 1e+300, expected a whole number"),
    ("\"filters\":4", "\"filters\":\"4\"", "'filters' is \"4\", expected a whole number"),
    ("\"filters\":4", "\"fitlers\":4", "layer 1 'conv' (Conv2D): 'filters' is missing"),
    ("[3,3]", "[3,3,3]", "'kernel_size' is [3,3,3], expected a pair"),
    ("[3,3]", "[255,255]", "the network expects [255, 255, 1, 4]"),
    ("\"dilation_rate\":[1,1]", "\"dilation_rate\":[0,2]", "'dilation_rate' is [0,2]"),
    ("\"padding\":\"same\"", "\"padding\":\"causal\"", "expected one of same, valid"),
    (
      "\"activation\":\"relu\"", "\"activation\":\"relu7\"", "activation \"relu7\" is not supported"
    ),
    ("\"rate\":0.5", "\"rate\":1.5", "'rate' is 1.5"),
    ("\"axis\":-1", "\"axis\":4", "'axis' is 4, expected the last one, -1 or 3"),
    ("[null,8,8,1]", "[null,null,null,1]", "has shape [null,null,null,1], expected"),
    ("[null,8,8,1]", "[null,9223372036854775807,8,1]", "with fixed sides"),
    ("[null,8,8,1]", "[null,12,12,1]", "'dense/kernel' has shape [256, 3]"),
    (
      "\"class_name\":\"Dropout\"", "\"class_name\":\"Lambda\"",
      "layer 4 'drop' (Lambda): this class of layers is not supported; supported are Conv2D, "
    ),
    ("\"class_name\":\"Sequential\"", "\"class_name\":\"Shape\"", "describes a Shape, expected"),
    ("\"name\":\"drop\"", "\"name\":\"conv\"", "two layers are called 'conv'"),
    ("\"use_bias\":true", "\"use_bias\":false", "has 2 weights, the network expects 1: kernel"),
    ("{", "{{", "'model_config' is not valid JSON"),
  ])
  func faultyConfigurationsAreNamed(from: String, to: String, reason: String) throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      let network = try Self.chain()
      try HDF5File.write(to: url) { file in
        try KerasFormat.write(network, metadata: ModelMetadata(), to: file)
        let config = try #require(try file.string("model_config"))
        #expect(config.contains(from))
        try file.setString(config.replacingOccurrences(of: from, with: to), "model_config")
      }
      expectBadData(reason) { _ = try KerasFormat.read(url) }
    }
  }

  /// Even axes that no integer can be the opposite of.
  @Test(arguments: ["[-9223372036854775808]", "[-1,-9223372036854775808]", "[-4]", "[0]", "[3,1]"])
  func axesThatAreNotTheLastAreNamed(axes: String) throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      let network = try NetworkBuilder.sequential(
        name: "net", inputShape: [4, 4, 1], seed: 1,
        LayerNormalization(), Flatten(), Dense(units: 3, activation: .softmax))
      try HDF5File.write(to: url) { file in
        try KerasFormat.write(network, metadata: ModelMetadata(), to: file)
        let config = try #require(try file.string("model_config"))
        #expect(config.contains("\"axis\":[-1]"))
        try file.setString(
          config.replacingOccurrences(of: "\"axis\":[-1]", with: "\"axis\":\(axes)"),
          "model_config")
      }
      expectBadData("(LayerNormalization): 'axis' is [") { _ = try KerasFormat.read(url) }
    }
  }

  @Test(arguments: [
    ("[\"gate\",0,0,{}]", "[\"nobody\",0,0,{}]", "takes the output of 'nobody'"),
    ("[\"gate\",0,0,{}]", "[\"gate\",1,0,{}]", "is called with [\"gate\",1,0"),
    ("[\"gate\",0,0,{}]", "[\"gate\",0,0,{\"mask\":1}]", "is called with 'mask' = 1"),
    ("[\"gate\",0,0,{}]", "[\"scores\",0,0,{}]", "depends on it"),
    ("[[\"scores\",0,0]]", "[[\"scores\",0,0],[\"gate\",0,0]]", "2 outputs, expected 1"),
    ("[[\"scores\",0,0]]", "[[\"gate\",0,0]]", "layer 'scores' comes after the output"),
    ("[[\"scores\",0,0]]", "[[\"none\",0,0]]", "the output layer 'none' is not in the model"),
    ("[[\"pixels\",0,0]]", "[[\"gate\",0,0]]", "do not start at one input, 'gate'"),
  ])
  func faultyGraphsAreNamed(from: String, to: String, reason: String) throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      let network = try Self.graph()
      try HDF5File.write(to: url) { file in
        try KerasFormat.write(network, metadata: ModelMetadata(), to: file)
        let config = try #require(try file.string("model_config"))
        #expect(config.contains(from))
        try file.setString(config.replacingOccurrences(of: from, with: to), "model_config")
      }
      expectBadData(reason) { _ = try KerasFormat.read(url) }
    }
  }

  @Test func filesThatHoldNoModelSayWhatTheyHold() throws {
    expectBadData("is HDF5 but no Keras model: there is no 'model_config'; it holds 'littlef2'") {
      _ = try KerasFormat.read(PackageFolder.fixture("kinds.h5"))
    }
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      let whole = try Data(contentsOf: PackageFolder.fixture("keras3_sequential.h5"))
      try whole.prefix(20_000).write(to: url)
      expectBadData("damaged or truncated HDF5 file: truncated file") {
        _ = try KerasFormat.read(url)
      }
      let network = try Self.chain()
      try KerasFormat.write(network, metadata: ModelMetadata(labels: ["one", "two"]), to: url)
      expectBadData("'emojify_labels' names 2 classes, the network answers 3") {
        _ = try KerasFormat.read(url)
      }
    }
  }

  @Test func graphsAreListedInTheOrderKerasGivesThem() throws {
    // The layer_names that Keras 3 wrote for the model of make_keras_goldens.py.
    let file = try HDF5File(reading: PackageFolder.fixture("keras3_functional.h5"))
    let config = try #require(try file.string("model_config"))
    let graph = try KerasGraphReader.graph(parsing: config, file: "keras3_functional.h5")
    let ordered = KerasGraph.inKerasOrder(graph.nodes, output: graph.output).map(\.name)
    #expect(try file.strings("layer_names", of: "model_weights") == ordered)
  }

  // MARK: Networks

  /// A chain with every setting a faulty configuration is made of; biases and statistics are not at their start.
  static func chain(seed: UInt64 = 1) throws -> Network {
    let network = try NetworkBuilder.sequential(
      name: "chain", inputShape: [8, 8, 1], seed: seed,
      [
        ("conv", Conv2D(filters: 4, kernelSize: 3, padding: .same, activation: .relu)),
        ("norm", BatchNormalization(momentum: 0.9)), ("leak", Activation(.leakyReLU(slope: 0.1))),
        ("drop", Dropout(rate: 0.5)), ("flat", Flatten()),
        ("dense", Dense(units: 3, activation: .softmax)),
      ])
    network.shake(seed: seed)
    return network
  }

  /// Every layer; two branches whose weights have the same shape at different distances from the output.
  static func graph() throws -> Network {
    var builder = NetworkBuilder(name: "graph", inputShape: [12, 10, 1], inputName: "pixels")
    var x = try builder.add(Rescaling(scale: 1 / 127.5, offset: -1), to: builder.input)
    x = try builder.add(
      Conv2D(filters: 4, kernelSize: (3, 2), strides: (1, 2), padding: .same, usesBias: false),
      to: x)
    let short = try builder.add(
      Conv2D(filters: 4, kernelSize: 3, stride: 2, padding: .same), name: "z_short", to: x)
    var y = try builder.add(
      DepthwiseConv2D(kernelSize: (2, 3), padding: .same, depthMultiplier: 2), to: x)
    y = try builder.add(
      DepthwiseConv2D(kernelSize: (1, 1), activation: .tanh, usesBias: false), to: y)
    y = try builder.add(BatchNormalization(epsilon: 1e-5, scales: false), to: y)
    y = try builder.add(Activation(.sigmoid), name: "gate", to: y)
    y = try builder.add(
      Conv2D(filters: 4, kernelSize: 3, padding: .same, activation: .leakyReLU(slope: 0.2)), to: y)
    y = try builder.add(
      Conv2D(filters: 4, kernelSize: 3, stride: 2, padding: .same, activation: .swish), to: y)
    x = try builder.add(Add(), to: short, y)
    x = try builder.add(Activation(.elu(alpha: 0.5)), to: x)
    x = try builder.add(MaxPooling2D(strides: (1, 1), padding: .same), to: x)
    x = try builder.add(AveragePooling2D(poolSize: (2, 1), padding: .same), to: x)
    x = try builder.add(Dropout(rate: 0.25), to: x)
    let mean = try builder.add(GlobalAveragePooling2D(), to: x)
    x = try builder.add(Dense(units: 4, activation: .tanh), to: mean)
    x = try builder.add(Add(), to: x, mean)
    x = try builder.add(Dense(units: 3, activation: .softmax), name: "scores", to: x)
    let network = try builder.build(output: x, seed: 3)
    network.shake(seed: 3)
    return network
  }
}

/// Expects `.badData` with `reason` in it.
func expectBadData(_ reason: String, _ body: () throws -> Void) {
  do {
    try body()
    Issue.record("nothing was thrown, expected: \(reason)")
  } catch EmojifyError.badData(let message) {
    #expect(message.contains(reason))
  } catch {
    Issue.record("\(error), expected: \(reason)")
  }
}

extension Network {
  /// What the network answers to a batch.
  func answer(to images: Tensor) -> Tensor {
    let plan = ExecutionPlan(
      network: self, batchSize: images.shape[0], mode: .inference, pool: WorkerPool(threads: 1))
    withExtendedLifetime(images) { plan.input.copy(from: images.view) }
    plan.forward()
    return Tensor(copying: plan.output)
  }

  /// The bits of every parameter under `layer/name`.
  func parametersByPath() -> [String: [UInt32]] {
    var result: [String: [UInt32]] = [:]
    for node in nodes {
      for parameter in node.layer?.parameters ?? [] {
        result["\(node.name)/\(parameter.name)"] = parameter.value.elements.map(\.bitPattern)
      }
    }
    return result
  }

  /// Moves every parameter off its starting value; variances stay positive.
  func shake(seed: UInt64) {
    for (index, parameter) in parameters.enumerated() {
      var random = SeededRandom(seed: seed, UInt64(index))
      for i in 0..<parameter.shape.count {
        let draw = 0.5 * random.normal()
        parameter.value.base[i] = parameter.name == "moving_variance" ? 0.5 + abs(draw) : draw
      }
    }
    parametersChanged()
  }
}

extension Tensor {
  /// Standard normal numbers.
  static func random(_ shape: Shape, seed: UInt64) -> Tensor {
    var random = SeededRandom(seed: seed)
    return Tensor(shape, (0..<shape.count).map { _ in random.normal() })
  }

  func largestDifference(from other: Tensor) -> Float {
    zip(elements, other.elements).map { abs($0 - $1) }.max() ?? 0
  }
}
