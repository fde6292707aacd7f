import Foundation
import Testing

@testable import FERCore

/// The other direction: Keras 2 (tf_keras) and 3 open what we save and answer the same. Runs where a Python with them is
/// found: `EMOJIFY_KERAS_PYTHON`, or `python3`.
///
/// With `EMOJIFY_WRITE_GOLDENS=1` it renews `saved_graph.h5` and what Keras answered to it, which
/// `aFileKerasOpenedIsWrittenToday` reads where no Keras is.
@Suite(.serialized) struct KerasOpensOurFilesTests {
  @Test(arguments: ["keras", "tf_keras"])
  func kerasAnswersTheSame(module: String) throws {
    guard let python = Self.python(with: module) else {
      print("skipped: no Python with \(module) (EMOJIFY_KERAS_PYTHON can name one)")
      return
    }
    var networks = [
      "saved_graph": try KerasFormatTests.graph(), "chain": try KerasFormatTests.chain(),
    ]
    for architecture in Architecture.all {
      networks[architecture.name] = try architecture.network(seed: 4)
    }
    try withTemporaryFolder { folder in
      for (name, network) in networks {
        let file = { folder.appendingPathComponent(name + $0) }
        var metadata = ModelMetadata(
          labels: ["angry", "happy", "sad", "fear", "disgust", "surprise", "neutral"]
            .dropLast(7 - network.classCount), architecture: name, seed: 4, recipe: ["epochs": 1])
        metadata.training = OptimizerConfiguration(kind: .adamw, weightDecay: 0.05)
          .inKeras(learningRate: 0.25)
        try KerasFormat.write(network, metadata: metadata, to: file(".h5"))
        try KerasFormat.write(network, metadata: metadata, to: file(".keras"))
        try HDF5File.write(to: file(".images.h5")) {
          try $0.write(Self.images(network), to: "input")
        }
      }
      let script = PackageFolder.fixture("open_in_keras.py").path
      let (status, output) = try Self.run(
        python, [script, module, folder.path] + networks.keys.sorted())
      try #require(status == 0, "\(output)")
      for (name, network) in networks {
        let answers = folder.appendingPathComponent(name + ".answers.h5")
        let expected = try HDF5File(reading: answers).readFloats("output")
        let difference = network.answer(to: Self.images(network)).largestDifference(from: expected)
        #expect(difference < 1e-4, "\(name): \(difference)")
      }
      if ProcessInfo.processInfo.environment["EMOJIFY_WRITE_GOLDENS"] == "1" {
        for file in ["saved_graph.h5", "saved_graph.answers.h5"] {
          try AtomicFile.write(
            Data(contentsOf: folder.appendingPathComponent(file)), to: PackageFolder.fixture(file))
        }
      }
    }
  }

  /// The committed file is one that Keras opened; the same network must still be written the same way.
  @Test func aFileKerasOpenedIsWrittenToday() throws {
    let saved = PackageFolder.fixture("saved_graph.h5")
    let (network, metadata) = try KerasFormat.read(saved)
    let answers = try HDF5File(reading: PackageFolder.fixture("saved_graph.answers.h5"))
    let answer = network.answer(to: Self.images(network))
    #expect(answer.largestDifference(from: try answers.readFloats("output")) < 1e-5)
    try withTemporaryFolder { folder in
      let today = folder.appendingPathComponent("model.h5")
      try KerasFormat.write(network, metadata: metadata, to: today)
      let old = try HDF5File(reading: saved)
      let new = try HDF5File(reading: today)
      for attribute in ["model_config", "keras_version", "backend"] {
        #expect(try new.string(attribute) == old.string(attribute))
      }
      let layers = try #require(try old.strings("layer_names", of: "model_weights"))
      #expect(try new.strings("layer_names", of: "model_weights") == layers)
      for layer in layers {
        let group = "model_weights/\(layer)"
        let names = try #require(try old.strings("weight_names", of: group))
        #expect(try new.strings("weight_names", of: group) == names)
        for name in names {
          let path = "\(group)/\(name)"
          #expect(try new.shape(of: path) == old.shape(of: path))
          #expect(try new.readFloats(path).elements == old.readFloats(path).elements)
        }
      }
    }
  }

  /// A batch in the range the network takes: raw gray where it starts with a Rescaling.
  static func images(_ network: Network) -> Tensor {
    let noise = Tensor.random(network.inputShape.batched(3), seed: 9)
    guard network.nodes[1].layer is Rescaling else { return noise }
    return Tensor(noise.shape, noise.elements.map { 128 + 50 * $0 })
  }

  /// The first of the two Pythons that has the module.
  private static func python(with module: String) -> String? {
    let candidates = [ProcessInfo.processInfo.environment["EMOJIFY_KERAS_PYTHON"], "python3"]
    return candidates.compactMap { $0 }.first {
      let probe =
        "import importlib.util as u, sys; sys.exit(not (u.find_spec('\(module)') and u.find_spec('tensorflow')))"
      return (try? run($0, ["-c", probe]).status) == 0
    }
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> (
    status: Int32, output: String
  ) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output.suffix(2000), as: UTF8.self))
  }
}
