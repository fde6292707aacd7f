import Testing

@testable import FERCore

@Suite struct NetworkBuilderTests {
  @Test func aShapeErrorNamesTheLayerAndWhatItFound() {
    expectMessage("layer 'features' (Conv2D): a 5 x 5 kernel does not fit into input [4, 4, 1]") {
      try $0.add(Conv2D(filters: 3, kernelSize: 5), name: "features", to: $0.input)
    }
    expectMessage(
      "layer 'dense' (Dense): takes one input with features, found [[4, 4, 1], [4, 4, 1]]"
    ) {
      try $0.add(Dense(units: 3), to: $0.input, $0.input)
    }
    expectMessage(
      "layer 'max_pooling2d' (MaxPooling2D): a 5 x 4 window does not fit into input [4, 4, 1]"
    ) { try $0.add(MaxPooling2D(poolSize: (5, 4)), to: $0.input) }
    expectMessage(
      "layer 'max_pooling2d' (MaxPooling2D): windows of more than 256 elements are not supported"
    ) { try $0.add(MaxPooling2D(poolSize: (17, 16), padding: .same), to: $0.input) }
    expectMessage("layer 'add' (Add): takes at least two inputs, found 1") {
      try $0.add(Add(), to: $0.input)
    }
    expectMessage("layer 'add' (Add): inputs differ in shape: [4, 4, 1] and [16]") {
      try $0.add(Add(), to: $0.input, $0.add(Flatten(), to: $0.input))
    }
    expectMessage("layer 'activation' (Activation): takes one input, found 2") {
      try $0.add(Activation(.relu), to: $0.input, $0.input)
    }
    expectMessage(
      "layer 'global_average_pooling2d' (GlobalAveragePooling2D): expected an input of rank 3 per "
        + "sample, found [16]"
    ) { try $0.add(GlobalAveragePooling2D(), to: $0.add(Flatten(), to: $0.input)) }
  }

  @Test func namesAreUnique() {
    expectMessage("two layers are called 'twin'") {
      let x = try $0.add(Flatten(), name: "twin", to: $0.input)
      return try $0.add(Flatten(), name: "twin", to: x)
    }
    expectMessage("two layers are called 'input'") {
      try $0.add(Flatten(), name: "input", to: $0.input)
    }
  }

  @Test func everyNodeLeadsToTheOutput() throws {
    var builder = NetworkBuilder(name: "case", inputShape: [4, 4, 1])
    let used = try builder.add(Flatten(), to: builder.input)
    _ = try builder.add(Activation(.relu), name: "orphan", to: builder.input)
    expectMessage("layer 'orphan' comes after the output") {
      try builder.build(output: used, seed: 1)
    }
    let last = try builder.add(Dense(units: 2), to: used)
    expectMessage("nothing takes the output of layer 'orphan'") {
      try builder.build(output: last, seed: 1)
    }
  }

  @Test func aNetworkHasALayer() {
    let builder = NetworkBuilder(name: "empty", inputShape: [4, 4, 1])
    expectMessage("network 'empty' has no layers") {
      try builder.build(output: builder.input, seed: 1)
    }
  }

  @Test func automaticNamesAreKeras() throws {
    var builder = NetworkBuilder(name: "case", inputShape: [8, 8, 1])
    var x = builder.input
    x = try builder.add(Conv2D(filters: 2, kernelSize: 1), to: x)
    x = try builder.add(Conv2D(filters: 2, kernelSize: 1), name: "conv2d_1", to: x)
    x = try builder.add(Conv2D(filters: 2, kernelSize: 1), to: x)
    x = try builder.add(BatchNormalization(), to: x)
    x = try builder.add(MaxPooling2D(), to: x)
    x = try builder.add(MaxPooling2D(), to: x)
    x = try builder.add(AveragePooling2D(), to: x)
    x = try builder.add(GlobalAveragePooling2D(), to: x)
    x = try builder.add(Dense(units: 3), to: x)
    let network = try builder.build(output: x, seed: 1)
    #expect(
      network.nodes.map(\.name) == [
        "input", "conv2d", "conv2d_1", "conv2d_2", "batch_normalization", "max_pooling2d",
        "max_pooling2d_1", "average_pooling2d", "global_average_pooling2d", "dense",
      ])
  }

  @Test(arguments: [
    ("Conv2D", "conv2d"), ("ReLU", "re_lu"), ("LeakyReLU", "leaky_re_lu"), ("ELU", "elu"),
    ("Conv2DTranspose", "conv2d_transpose"), ("InputLayer", "input_layer"), ("Add", "add"),
    ("BatchNormalization", "batch_normalization"), ("MaxPooling2D", "max_pooling2d"),
  ]) func snakeCase(className: String, name: String) {
    #expect(NetworkBuilder.snakeCase(className) == name)
  }

  @Test func parametersLieInOneBlock() throws {
    let network = try Architecture.fast.network(seed: 1)
    var end = 0
    var sawOther = false
    for parameter in network.parameters {
      #expect(parameter.value.base - network.values.base == end)
      #expect(!(sawOther && parameter.isTrainable), "trainable parameters come first")
      if parameter.isTrainable {
        #expect(parameter.gradient.base - network.gradients.base == end)
      } else if !sawOther {
        #expect(end == network.trainableCount)
        sawOther = true
      }
      end += (parameter.shape.count + 15) / 16 * 16
    }
    #expect(end == network.values.count)
    #expect(network.gradients.count == network.trainableCount)
  }

  @Test func theSeedDrawsTheParameters() throws {
    let draw = { (seed: UInt64) in
      try Architecture.fast.network(seed: seed).values.elements
    }
    #expect(try draw(1) == draw(1))
    #expect(try draw(1) != draw(2))
  }

  /// Variances within five standard errors of what the papers say, for fan-in 9 · 16 and fan-out 9 · 32.
  @Test(arguments: [
    (KernelInitialization.glorotUniform, 2.0 / 432), (KernelInitialization.heNormal, 2.0 / 144),
  ]) func kernelsStartAsThePapersSay(initialization: KernelInitialization, variance: Double) throws
  {
    let layer = Conv2D(filters: 32, kernelSize: 3, initialization: initialization)
    let network = try NetworkBuilder.sequential(
      name: "case", inputShape: [4, 4, 16], seed: 1, [(nil, layer)])
    let kernel = Array(network.parameters[0].value.elements).doubles
    let found = Reference.statistics(kernel, channels: 1)
    let count = Double(kernel.count)
    let meanError: Double = (variance / count).squareRoot()
    let varianceError: Double = (2 / count).squareRoot()
    #expect(abs(found.mean[0]) < 5 * meanError)
    #expect(abs(found.variance[0] / variance - 1) < 5 * varianceError)
    #expect(network.parameters[1].value.elements.allSatisfy { $0 == 0 })
  }

  private func expectMessage(
    _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout NetworkBuilder) throws -> some Any
  ) {
    var builder = NetworkBuilder(name: "case", inputShape: [4, 4, 1])
    expectMessage(message, sourceLocation: sourceLocation) { try body(&builder) }
  }

  private func expectMessage(
    _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> some Any
  ) {
    do {
      _ = try body()
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch EmojifyError.badData(let found) {
      #expect(found == message, sourceLocation: sourceLocation)
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
  }
}
