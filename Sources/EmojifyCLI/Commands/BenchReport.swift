import FERCore
import Foundation

/// What `emojify bench` found; what was not measured is absent.
struct BenchReport: Encodable {
  /// Images a second.
  struct Throughput {
    let median: Double
    let best: Double
  }

  /// Milliseconds for one image.
  struct Latency {
    let median: Double
    let percentile95: Double
  }

  let architecture: String
  let batchSize: Int
  let threads: Int
  /// Trainable ones.
  let parameters: Int
  let proof: BenchProof
  var train: Throughput?
  var infer: Throughput?
  var latency: Latency?
  var layers: [BenchLayer]?
  var peakMemoryMegabytes = 0.0

  private enum CodingKeys: String, CodingKey {
    case architecture, threads, parameters, proof, layers
    case batchSize = "batch_size"
    case train = "train_images_per_second"
    case trainBest = "train_images_per_second_best"
    case infer = "infer_images_per_second"
    case inferBest = "infer_images_per_second_best"
    case latencyMedian = "latency_ms_median"
    case latencyPercentile95 = "latency_ms_p95"
    case peakMemory = "peak_memory_mb"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(architecture, forKey: .architecture)
    try container.encode(batchSize, forKey: .batchSize)
    try container.encode(threads, forKey: .threads)
    try container.encode(parameters, forKey: .parameters)
    try container.encode(proof, forKey: .proof)
    try container.encodeIfPresent(train?.median, forKey: .train)
    try container.encodeIfPresent(train?.best, forKey: .trainBest)
    try container.encodeIfPresent(infer?.median, forKey: .infer)
    try container.encodeIfPresent(infer?.best, forKey: .inferBest)
    try container.encodeIfPresent(latency?.median, forKey: .latencyMedian)
    try container.encodeIfPresent(latency?.percentile95, forKey: .latencyPercentile95)
    try container.encodeIfPresent(layers, forKey: .layers)
    try container.encode(peakMemoryMegabytes, forKey: .peakMemory)
  }

  /// As people read it.
  var text: String {
    var lines = [
      "\(architecture): batch \(batchSize), \(NumberText.count(threads, "thread")), "
        + "\(NumberText.grouped(parameters)) parameters"
    ]
    if let train {
      lines.append("training   \(throughput(train))")
    }
    if let infer {
      lines.append("inference  \(throughput(infer))")
    }
    if let latency {
      lines.append(
        "latency    \(NumberText.fixed(latency.median, 2)) ms for one image, "
          + "95% within \(NumberText.fixed(latency.percentile95, 2)) ms")
    }
    lines.append("memory     \(NumberText.fixed(peakMemoryMegabytes, 0)) MB at the peak")
    if let layers { lines.append("\nA training step:\n\n" + BenchLayer.table(layers)) }
    return lines.joined(separator: "\n")
  }

  private func throughput(_ value: Throughput) -> String {
    "\(NumberText.fixed(value.median, 0)) images/s, at best \(NumberText.fixed(value.best, 0))"
  }
}
