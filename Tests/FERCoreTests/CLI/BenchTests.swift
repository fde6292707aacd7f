import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct BenchTests {
  @Test(arguments: Architecture.all.map(\.name))
  func everyArchitectureIsMeasuredAfterItsProof(name: String) throws {
    let run = try Binary.run(
      "bench", "--architecture", name, "--batch-size", "2", "--threads", "2", "--seconds", "0.01",
      "--json", "--quiet")
    #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
    let report = try #require(object as? [String: Any])
    for key in [
      "train_images_per_second", "infer_images_per_second", "latency_ms_median", "latency_ms_p95",
    ] {
      let value = try #require(report[key] as? Double, "\(key)")
      #expect(value > 0 && value.isFinite)
    }
    let layers = try #require(report["layers"] as? [[String: Any]])
    let shares = layers.compactMap { $0["share"] as? Double }
    #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
    let architecture = try #require(Architecture.named(name))
    let nodes = try architecture.network(seed: 1).nodes
    #expect(layers.count == nodes.count - 1 + 2, "every layer, the loss and the optimizer")
  }

  @Test func onlyWhatIsAskedForIsMeasured() throws {
    let run = try Binary.run(
      "bench", "--architecture", "emojify", "--batch-size", "1", "--seconds", "0.01", "--measure",
      "latency", "--json", "--quiet")
    #expect(run.exitCode == 0)
    #expect(run.output.contains("\"latency_ms_median\""))
    #expect(!run.output.contains("\"train_images_per_second\""))
    #expect(!run.output.contains("\"layers\""))
  }

  @Test func theProofHoldsItsBounds() throws {
    let pool = WorkerPool(threads: 1)
    for architecture in Architecture.all {
      let proof = try BenchProof(architecture, nil, pool: pool)
      #expect(proof.outputError <= BenchProof.outputBound)
      #expect(proof.gradientError <= BenchProof.gradientBound)
    }
  }

  @Test func quantilesAreThoseOfTheSortedValues() {
    #expect(BenchTiming.quantile(0.5, of: [3, 1, 2]) == 2)
    #expect(BenchTiming.quantile(0.5, of: [4, 1, 2, 3]) == 2.5)
    #expect(BenchTiming.quantile(0, of: [3, 1, 2]) == 1)
    #expect(BenchTiming.quantile(0.95, of: (1...100).map(Double.init)) == 96)
    #expect(BenchTiming.quantile(0.95, of: [7]) == 7)
  }
}
