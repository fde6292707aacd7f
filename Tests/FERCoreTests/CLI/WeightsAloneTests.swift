import Foundation
import Testing

@testable import FERCore

/// Files of weights through the real binary: what says their layers, and what becomes of them.
@Suite struct WeightsAloneTests {
  private func expected(_ name: String, in folder: URL) throws -> String {
    let goldens = try HDF5File(reading: PackageFolder.fixture("reader/goldens.h5"))
    let file = folder.appendingPathComponent("expected.h5")
    try HDF5File.write(to: file) { target in
      for dataset in ["input", "output"] {
        try target.write(goldens.readFloats("\(name)/\(dataset)"), to: dataset)
      }
    }
    return file.path
  }

  @Test func aConfigurationSaysTheLayers() throws {
    let weights = PackageFolder.fixture("reader/tf_keras_nested.legacy_weights.h5").path
    let config = PackageFolder.fixture("reader/tf_keras_nested.json").path
    try withTemporaryFolder { folder in
      let expected = try expected("tf_keras_nested", in: folder)
      let alone = try Binary.run("model", "verify", weights, expected)
      #expect(alone.exitCode == 65)
      #expect(alone.errors.contains("holds weights only"), "\(alone.errors)")
      #expect(alone.errors.contains("--architecture or --config"), "\(alone.errors)")
      let same = try Binary.run(
        "model", "verify", weights, expected, "--config", config, "--tolerance", "1e-5")
      #expect(same.exitCode == 0, "\(same.errors)")
      for form in ["whole.h5", "whole.keras"] {
        let convert = try Binary.run(
          "model", "convert", weights, form, "--config", config, in: folder)
        #expect(convert.exitCode == 0, "\(convert.errors)")
        let whole = try Binary.run("model", "verify", form, expected, in: folder)
        #expect(whole.exitCode == 0, "\(whole.errors)")
      }
    }
  }

  @Test func anArchitectureSaysTheLayers() throws {
    try withTemporaryFolder { folder in
      let network = try Architecture.standard.network(seed: 3)
      let file = folder.appendingPathComponent("weights.h5")
      try HDF5File.write(to: file) { target in
        let names = network.nodes.dropFirst().map(\.name)
        try target.setStrings(names, "layer_names")
        for node in network.nodes.dropFirst() {
          let parameters = node.layer?.parameters ?? []
          try target.makeGroup(node.name)
          try target.setStrings(
            parameters.map { "\(node.name)/\($0.name):0" }, "weight_names", of: node.name)
          for parameter in parameters {
            try target.write(
              parameter.value.view, to: "\(node.name)/\(node.name)/\(parameter.name):0")
          }
        }
      }
      let name = Architecture.standard.name
      let run = try Binary.run(
        "model", "convert", "weights.h5", "whole.h5", "--architecture", name, in: folder)
      #expect(run.exitCode == 0, "\(run.errors)")
      let whole = try KerasFormat.read(folder.appendingPathComponent("whole.h5")).network
      #expect(whole.parametersByPath() == network.parametersByPath())
      let other = try #require(Architecture.all.first { $0.name != name })
      let wrong = try Binary.run(
        "model", "convert", "weights.h5", "whole.h5", "--architecture", other.name, in: folder)
      #expect(wrong.exitCode == 65, "\(wrong.errors)")
      let both = try Binary.run(
        "model", "convert", "weights.h5", "whole.h5", "--architecture", name, "--config", "a.json",
        in: folder)
      #expect(both.exitCode == 64)
      #expect(both.errors.contains("--architecture and --config exclude each other"))
    }
  }
}
