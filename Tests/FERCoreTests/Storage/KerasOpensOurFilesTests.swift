import Foundation
import Testing

@testable import FERCore

/// The other direction: Keras 2 (tf_keras) and 3 open what we save and answer the same. Runs where a Python with them is
/// found: `EMOJIFY_KERAS_PYTHON`, or `python3`.
@Suite(.serialized) struct KerasOpensOurFilesTests {
  @Test(arguments: ["keras", "tf_keras"], ["chain", "graph", "emojify", "fast"])
  func kerasAnswersTheSame(module: String, name: String) throws {
    guard let python = Self.python(with: module) else {
      print("skipped: no Python with \(module) (EMOJIFY_KERAS_PYTHON can name one)")
      return
    }
    let network =
      switch name {
      case "chain": try KerasFormatTests.chain()
      case "graph": try KerasFormatTests.graph()
      default: try #require(Architecture.named(name)).network(seed: 4)
      }
    try withTemporaryFolder { folder in
      let model = folder.appendingPathComponent("model.h5")
      let images = folder.appendingPathComponent("images.h5")
      let answers = folder.appendingPathComponent("answers.h5")
      let metadata = ModelMetadata(architecture: name, seed: 4, recipe: ["epochs": 1])
      try KerasFormat.write(network, metadata: metadata, to: model)
      var batch = Tensor.random(network.inputShape.batched(3), seed: 9)
      if name == "emojify" || name == "fast" {  // raw gray
        batch = Tensor(batch.shape, batch.elements.map { 128 + 50 * $0 })
      }
      try HDF5File.write(to: images) { try $0.write(batch, to: "input") }
      let script = PackageFolder.fixture("open_in_keras.py").path
      let (status, output) = try Self.run(
        python, [script, module, model.path, images.path, answers.path])
      try #require(status == 0, "\(output)")
      let expected = try HDF5File(reading: answers).readFloats("output")
      #expect(network.answer(to: batch).largestDifference(from: expected) < 1e-4)
    }
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
