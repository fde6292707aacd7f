import Foundation
import Testing

@testable import FERCore

/// What goes through a file: settings that change no answer, and names and functions that a file cannot say twice.
@Suite struct KerasWritingTests {
  private static func network(_ layers: [(String, any Layer)]) throws -> Network {
    try NetworkBuilder.sequential(
      name: "net", inputShape: [6, 6, 1], seed: 1,
      layers.map { (name: $0, layer: $1) } + [("flat", Flatten()), ("head", Dense(units: 3))])
  }

  /// Written and read again under each name.
  private func written(_ network: Network, _ name: String) throws -> (Network, String?) {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent(name)
      try KerasFormat.write(network, metadata: ModelMetadata(), to: url)
      let read = try KerasFormat.read(url).network
      guard url.pathExtension == "h5" else { return (read, nil) }
      return (read, try HDF5File(reading: url).string("keras_version"))
    }
  }

  @Test(arguments: ["model.h5", "model.keras"])
  func frozenLayersStayFrozen(name: String) throws {
    let frozen = try Self.network([
      ("conv", Conv2D(filters: 4, kernelSize: 3)), ("norm", BatchNormalization()),
    ]).freezing(["conv", "norm"])
    let (once, _) = try written(frozen, name)
    let (twice, _) = try written(once, name)
    for network in [once, twice] {
      #expect(network.frozen == ["conv", "norm"])
      // Only the head's 64 x 3 and 3 learn.
      #expect(network.parameterCount.trainable == 195)
      #expect(network.parametersByPath() == frozen.parametersByPath())
    }
    // What is frozen may be named again; nothing is unless it is.
    #expect(try once.freezing(["conv"]).frozen == ["conv", "norm"])
    #expect(try once.unfreezing().frozen.isEmpty)
  }

  /// Keras says it of each layer; one inside a model that is frozen is frozen too.
  @Test func whatKerasFrozeIsKnown() throws {
    let (network, _) = try KerasFormat.read(
      PackageFolder.fixture("reader/tf_keras_nested_in_chain.h5"))
    // A convolution and a normalisation of four such.
    #expect(network.frozen.count == 2)
    let (again, _) = try written(network, "model.h5")
    #expect(again.frozen == network.frozen)
  }

  @Test func aFunctionWrittenAsALayerGetsANameOfItsOwn() throws {
    let network = try Self.network([
      ("conv", Conv2D(filters: 4, kernelSize: 3, activation: .leakyReLU(slope: 0.4))),
      ("conv_activation", BatchNormalization()),
    ])
    let (read, _) = try written(network, "model.h5")
    #expect(
      read.nodes.map(\.name)
        == ["input", "conv", "conv_activation_", "conv_activation", "flat", "head"])
    let images = Tensor.random([2, 6, 6, 1], seed: 4)
    #expect(read.answer(to: images).largestDifference(from: network.answer(to: images)) < 1e-4)
  }

  /// Keras 2 has no such function, whatever the file says.
  @Test(
    arguments: [
      (.hardSiLU, "3.0.0"), (.hardSigmoid(slope: 1.0 / 6), "3.0.0"), (.logSoftmax, "3.0.0"),
      (.hardSigmoid(slope: 0.2), "2.15.0"), (.relu, "2.15.0"),
    ] as [(ActivationFunction, String)])
  func filesAreMarkedAsOfTheKerasThatHasTheirFunctions(
    function: ActivationFunction, version: String
  ) throws {
    for layers: [(String, any Layer)] in [
      [("conv", Conv2D(filters: 4, kernelSize: 3, activation: function))],
      [("function", Activation(function))],
    ] {
      let network = try Self.network(layers)
      let (read, marked) = try written(network, "model.h5")
      #expect(marked == version)
      let images = Tensor.random([2, 6, 6, 1], seed: 4)
      #expect(read.answer(to: images).largestDifference(from: network.answer(to: images)) < 1e-4)
    }
  }

  @Test func functionsOfTwoKerasesDoNotGoIntoOneFile() throws {
    let network = try Self.network([
      ("old", Activation(.hardSigmoid(slope: 0.2))), ("new", Activation(.hardSiLU)),
    ])
    expectBadData("model.h5: the network has the hard sigmoid of Keras 2 and a function of Keras 3")
    {
      _ = try written(network, "model.h5")
    }
  }

  /// One name, two slopes.
  @Test func hardSigmoidsAreToldApart() throws {
    let (old, new) = (
      ActivationFunction.hardSigmoid(slope: 0.2), ActivationFunction.hardSigmoid(slope: 1.0 / 6)
    )
    #expect(
      try KerasFormat.differences(
        Dense(units: 3, activation: old), Dense(units: 4, activation: new))
        == ["units 3 → 4", "slope of hard_sigmoid 0.2 → 0.16666667"])
    #expect(try KerasFormat.differences(Activation(old), Activation(new)).count == 1)
    #expect(try KerasFormat.differences(Activation(old), Activation(old)).isEmpty)
  }

  /// A copy computes each convolution as the original does, and says what of it was guessed.
  @Test func copiesKeepHowTheyCompute() throws {
    let network = try Self.network([
      ("plain", Conv2D(filters: 4, kernelSize: 3, padding: .same)),
      (
        "holes", ExpandedConv2D(filters: 4, kernelSize: (3, 3), padding: .same, dilation: (2, 2))
      ), ("apart", SeparableConv2D(filters: 4, kernelSize: (3, 3), padding: .same)),
    ])
    network.compute(with: .winograd2x2)
    network.guess = "where its channels are"
    let copy = try network.takingRawPixels(in: .unit)
    #expect(copy !== network && copy.guess == "where its channels are")
    for name in ["plain", "holes", "apart"] {
      let layer = try #require(copy.node(named: name)?.layer as? any ConvolvingLayer)
      #expect(layer.convolution.algorithm == .winograd2x2, "\(name)")
    }
  }
}
