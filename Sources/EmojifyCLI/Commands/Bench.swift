import FERCore
import Foundation

/// `emojify bench`: how fast this machine trains and answers.
struct Bench: Command {
  static let name = "bench"
  static let summary = "Measure the speed of training and answering."
  static let examples = [
    Example("emojify bench", "The default architecture with all cores."),
    Example("emojify bench --architecture emojify --batch-size 64 --threads 2", "Another one."),
    Example("emojify bench --measure train --seconds 30 --json", "One figure, for programs."),
  ]
  static let discussion = """
    First it proves that what it times is right: sampled outputs of every convolution and dense layer against plain sums \
    in Double, and the loss' gradient against its slope. Then it measures on noise: 'train' is the trainer's whole step \
    (forward, loss, backward, Adam), 'infer' answers batches, 'latency' single images, 'layers' says where a training \
    step's time goes. Figures are medians; GFLOP/s count a convolution's direct multiplications and additions, which its \
    algorithm may need fewer of.
    """
  static var options: [Option<Self>] {
    [
      .value("--architecture", "<name>", \.architecture, "The network."),
      .value("--batch-size", "<count>", \.batchSize, in: .between(1, 4096), "Images in a step."),
      .value(
        "--threads", "<count>", \.threads, in: .threads, default: "all", "CPU threads."),
      .value(
        "--seconds", "<count>", \.seconds, in: .above(0), "How long each measurement takes."),
      .value(
        "--convolution", "<name>", \.convolution, default: "by shape",
        "How convolutions are computed."),
      .value("--measure", "<names>", \.measure, "What to measure."),
      .flag("--json", \.json, "Write the figures as JSON."),
    ]
  }

  enum Measurement: String, ArgumentChoice { case train, infer, latency, layers }

  var common = CommonOptions()
  var architecture = Architecture.standard
  var batchSize = 64
  var threads: Int?
  var convolution: ConvolutionAlgorithm?
  var seconds = 5.0
  var measure = Measurement.allCases
  var json = false

  func run(_ terminal: Terminal) throws {
    let pool = WorkerPool(threads: threads)
    terminal.note("checking \(architecture.name)'s numbers")
    let network = try architecture.network(seed: 1)
    network.compute(with: convolution)
    let proof = try BenchProof(architecture, convolution, pool: pool)
    var report = BenchReport(
      architecture: architecture.name, batchSize: batchSize, threads: pool.threads,
      parameters: network.parameterCount.trainable, proof: proof)
    if measure.contains(.infer) {
      terminal.note("measuring inference")
      report.infer = try throughput(.inference, network, pool)
    }
    if measure.contains(.latency) {
      terminal.note("measuring the latency of one image")
      let step = BenchStep(network: network, batchSize: 1, mode: .inference, pool: pool)
      BenchTiming.warmUp(for: seconds) { step.run() }
      let times = BenchTiming.singleTimes(seconds: seconds) { step.run() }
      report.latency = .init(
        median: 1e3 * BenchTiming.quantile(0.5, of: times),
        percentile95: 1e3 * BenchTiming.quantile(0.95, of: times))
    }
    if measure.contains(.train) {
      terminal.note("measuring training")
      report.train = try throughput(.training, network, pool)
    }
    if measure.contains(.layers) {
      terminal.note("measuring layers")
      report.layers = BenchLayer.measure(
        BenchStep(network: network, batchSize: batchSize, mode: .training, pool: pool),
        seconds: seconds)
    }
    report.peakMemoryMegabytes = Stopwatch.peakMemoryMegabytes
    if json { return try JSONOutput.write(report) }
    print(report.text)
  }

  /// Images a second of the median and of the fastest repetition.
  private func throughput(
    _ mode: Mode, _ network: Network, _ pool: WorkerPool
  ) throws -> BenchReport.Throughput {
    let step = BenchStep(network: network, batchSize: batchSize, mode: mode, pool: pool)
    BenchTiming.warmUp(for: seconds) { step.run() }
    let times = BenchTiming.repetitionTimes(seconds: seconds) { step.run() }
    guard step.plan.output.elements.allSatisfy(\.isFinite) else {
      throw EmojifyError.internalFault(
        "\(architecture.name): an output was not a number after the measurement")
    }
    return .init(
      median: Double(batchSize) / BenchTiming.quantile(0.5, of: times),
      best: Double(batchSize) / BenchTiming.quantile(0, of: times))
  }
}
