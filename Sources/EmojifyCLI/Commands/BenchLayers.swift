import FERCore

/// Where a training step's time goes, layer by layer.
struct BenchLayer: Encodable {
  let name: String
  let type: String
  /// Nil where the layer has one way of being computed only.
  let algorithm: String?
  /// Per image.
  let output: [Int]
  let forwardMilliseconds: Double
  let backwardMilliseconds: Double
  /// Billions of multiplications and additions a second as the direct algorithm counts them: an algorithm that needs
  /// fewer may exceed what the CPU can do. Nil for layers that hardly multiply.
  let forwardGigaflops: Double?
  let backwardGigaflops: Double?
  /// Of the whole step's time.
  var share = 0.0

  enum CodingKeys: String, CodingKey {
    case name, type, algorithm, output, share
    case forwardMilliseconds = "forward_ms"
    case backwardMilliseconds = "backward_ms"
    case forwardGigaflops = "forward_gflops"
    case backwardGigaflops = "backward_gflops"
  }

  var milliseconds: Double { forwardMilliseconds + backwardMilliseconds }

  /// The layers of a training step in order, then `loss` and `optimizer`; each time is the median of those measured in
  /// about `seconds`.
  static func measure(_ step: BenchStep, seconds: Double) -> [BenchLayer] {
    BenchTiming.warmUp(for: seconds) { step.run() }
    var forward: [[Double]] = []
    var backward: [[Double]] = []
    var loss: [Double] = []
    var optimizer: [Double] = []
    func timed(_ work: () -> Void) -> Double {
      let start = BenchTiming.now()
      work()
      return BenchTiming.now() - start
    }
    let end = BenchTiming.now() + seconds
    repeat {
      step.fillInput()
      let profile = step.plan.profile(clock: BenchTiming.now, repetitions: 1)
      forward.append(profile.map(\.forward))
      backward.append(profile.map(\.backward))
      loss.append(timed { step.scoreLogits() })
      // A whole step first: the profile's own pass leaves gradients that mean nothing.
      step.lossAndGradients(randomKey: 1)
      optimizer.append(timed { step.update() })
    } while BenchTiming.now() < end

    let network = step.network
    var learnsBefore = false
    var layers: [BenchLayer] = []
    for (index, node) in network.nodes.dropFirst().enumerated() {
      guard let layer = node.layer else { continue }
      let operations =
        2e-9 * Double(layer.multiplyAdds(for: network.inputShapes(of: node)))
        * Double(step.plan.batchSize)
      let forwardSeconds = BenchTiming.quantile(0.5, of: forward.map { $0[index] })
      let backwardSeconds = BenchTiming.quantile(0.5, of: backward.map { $0[index] })
      // Backward is one such sum for the parameters, and one for the input where anything before it learns.
      let backwardOperations = operations * ((node.learns ? 1 : 0) + (learnsBefore ? 1 : 0))
      layers.append(
        BenchLayer(
          name: node.name, type: layer.className,
          algorithm: layer.algorithm(for: network.inputShapes(of: node), mode: .training),
          output: node.outputShape.dimensions, forwardMilliseconds: 1e3 * forwardSeconds,
          backwardMilliseconds: 1e3 * backwardSeconds,
          forwardGigaflops: operations > 0 ? operations / forwardSeconds : nil,
          backwardGigaflops: backwardOperations > 0 ? backwardOperations / backwardSeconds : nil))
      learnsBefore = learnsBefore || node.learns
    }
    for (name, times) in [("loss", loss), ("optimizer", optimizer)] {
      layers.append(
        BenchLayer(
          name: name, type: name == "loss" ? "SoftmaxCrossEntropy" : "Adam", algorithm: nil,
          output: [], forwardMilliseconds: 0,
          backwardMilliseconds: 1e3 * BenchTiming.quantile(0.5, of: times), forwardGigaflops: nil,
          backwardGigaflops: nil))
    }
    let total = layers.reduce(0) { $0 + $1.milliseconds }
    for index in layers.indices { layers[index].share = layers[index].milliseconds / total }
    return layers
  }

  /// As people read it; what takes less than 0.05% of the step is left out.
  static func table(_ layers: [BenchLayer]) -> String {
    var table = Table(
      [.left, .left, .left, .right, .right, .right, .right, .right],
      header: [
        "layer", "algorithm", "output", "forward ms", "GFLOP/s", "backward ms", "GFLOP/s", "share",
      ])
    for layer in layers where layer.share >= 0.0005 {
      let rate = { (value: Double?) in value.map { NumberText.fixed($0, 0) } ?? "" }
      let isLayer = !layer.output.isEmpty
      table.row([
        layer.name, layer.algorithm ?? "", isLayer ? Shape(layer.output).description : "",
        isLayer ? NumberText.fixed(layer.forwardMilliseconds, 2) : "",
        rate(layer.forwardGigaflops), NumberText.fixed(layer.backwardMilliseconds, 2),
        rate(layer.backwardGigaflops), NumberText.percent(layer.share),
      ])
    }
    return table.text
  }
}
