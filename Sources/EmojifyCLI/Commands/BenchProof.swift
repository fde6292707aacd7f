import FERCore
import Foundation

/// What a benchmark proves before it times: that the work it times gives the right numbers.
struct BenchProof: Encodable {
  /// The largest error of sampled convolution and dense outputs, as a share of the sum of their products' sizes.
  let outputError: Double
  /// How far the loss' measured slope along the gradient is from the gradient's own length, as a share of it.
  let gradientError: Double

  enum CodingKeys: String, CodingKey {
    case outputError = "output_error"
    case gradientError = "gradient_error"
  }

  /// Winograd in Float has stayed below this in every test and benchmark so far; plain sums are closer.
  static let outputBound = 1e-5
  /// The slope is taken over a finite step in Float, across kinks of ReLU and max pooling.
  static let gradientBound = 0.05

  private static let batchSize = 4
  private static let samplesPerLayer = 256

  /// Checks a fresh network of the architecture in training mode.
  ///
  /// Throws `EmojifyError.internalFault` where numbers are wrong.
  init(
    _ architecture: Architecture, _ convolution: ConvolutionAlgorithm?, pool: WorkerPool
  ) throws {
    let network = try architecture.network(seed: 1)
    network.compute(with: convolution)
    let step = BenchStep(
      network: network, batchSize: Self.batchSize, mode: .training, pool: pool)
    let loss = step.lossOnly(randomKey: 1)
    guard loss.isFinite else {
      throw EmojifyError.internalFault("\(architecture.name): the loss of a first step is \(loss)")
    }
    var worst = 0.0
    for index in network.nodes.indices {
      guard let error = Self.outputError(ofNode: index, in: step) else { continue }
      guard error <= Self.outputBound else {
        throw EmojifyError.internalFault(
          "\(architecture.name): layer '\(network.nodes[index].name)' is wrong by \(error) of its "
            + "scale, at most \(Self.outputBound) is expected")
      }
      worst = max(worst, error)
    }
    outputError = worst
    gradientError = Self.gradientError(step)
    guard gradientError <= Self.gradientBound else {
      throw EmojifyError.internalFault(
        "\(architecture.name): the loss falls along the gradient by \(gradientError) differently "
          + "than the gradient says, at most \(Self.gradientBound) is expected")
    }
  }

  /// Compares outputs of a convolution or dense layer, drawn at random, with the plain sum in Double. Nil for other
  /// layers.
  private static func outputError(ofNode index: Int, in step: BenchStep) -> Double? {
    let node = step.network.nodes[index]
    guard let layer = node.layer, let kernel = layer.parameters.first?.value else { return nil }
    let x = step.plan.activation(ofNode: node.inputs[0])
    let y = step.plan.activation(ofNode: index)
    let next = step.network.nodes.first { $0.inputs == [index] }?.layer as? Activation
    // Smaller than the node's own where a pooling is computed with it.
    let full = node.outputShape.batched(y.shape[0])
    var random = SeededRandom(seed: 1, UInt64(index))
    var worst = 0.0
    for _ in 0..<samplesPerLayer {
      let place = random.integer(below: y.shape.count)
      var sum: (value: Double, size: Double)
      var function: ActivationFunction
      switch layer {
      case let layer as Conv2D:
        sum = largest(of: windows(place, of: y.shape, in: full)) {
          convolution(layer, x, kernel.view, at: $0, of: full)
        }
        function = layer.activation
      case let layer as Dense:
        sum = product(x, kernel.view, at: place, columns: layer.units)
        function = layer.activation
      default: return nil
      }
      if layer.parameters.count > 1 {
        let bias = Double(layer.parameters[1].value.base[place % y.shape.last])
        sum.value += bias
        sum.size += abs(bias)
      }
      // A ReLU that follows may have been applied already; the plan decides.
      if function == .linear, next?.function == .relu { function = .relu }
      if function == .relu { sum.value = max(0, sum.value) }
      let found = function == .relu ? max(0, Double(y.base[place])) : Double(y.base[place])
      guard function == .relu || function == .linear else { return nil }
      // Not `max`: it would lose a NaN.
      let error = abs(found - sum.value) / max(sum.size, .leastNormalMagnitude)
      if !(error <= worst) { worst = error }
    }
    return worst
  }

  /// The places in `full` that a place in `shape` stands for: itself, or a 2 x 2 window.
  private static func windows(_ place: Int, of shape: Shape, in full: Shape) -> [Int] {
    guard shape != full else { return [place] }
    let channel = place % shape[3]
    let column = place / shape[3] % shape[2]
    let row = place / (shape[3] * shape[2]) % shape[1]
    let image = place / (shape[3] * shape[2] * shape[1])
    return [(0, 0), (0, 1), (1, 0), (1, 1)].map { down, right in
      ((image * full[1] + 2 * row + down) * full[2] + 2 * column + right) * full[3] + channel
    }
  }

  /// The largest of some sums, and the largest of their products' sizes.
  private static func largest(
    of places: [Int], _ sum: (Int) -> (value: Double, size: Double)
  ) -> (value: Double, size: Double) {
    let sums = places.map(sum)
    return (sums.map(\.value).max() ?? 0, sums.map(\.size).max() ?? 0)
  }

  /// One output of a convolution, summed plainly, and the sum of its products' sizes.
  private static func convolution(
    _ layer: Conv2D, _ x: TensorView, _ kernel: TensorView, at place: Int, of shape: Shape
  ) -> (value: Double, size: Double) {
    let filter = place % shape[3]
    let column = place / shape[3] % shape[2]
    let row = place / (shape[3] * shape[2]) % shape[1]
    let image = place / (shape[3] * shape[2] * shape[1])
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let top = firstRow(
      row, stride: layer.strides.height, window: layer.kernelSize.height, input: height,
      output: shape[1], layer.padding)
    let left = firstRow(
      column, stride: layer.strides.width, window: layer.kernelSize.width, input: width,
      output: shape[2], layer.padding)
    var sum = (value: 0.0, size: 0.0)
    for i in 0..<layer.kernelSize.height where top + i >= 0 && top + i < height {
      for j in 0..<layer.kernelSize.width where left + j >= 0 && left + j < width {
        for c in 0..<channels {
          let value = x.base[((image * height + top + i) * width + left + j) * channels + c]
          let tap = (i * layer.kernelSize.width + j) * channels + c
          let product = Double(value) * Double(kernel.base[tap * shape[3] + filter])
          sum.value += product
          sum.size += abs(product)
        }
      }
    }
    return sum
  }

  /// Where a window begins, which may be before the image.
  private static func firstRow(
    _ index: Int, stride: Int, window: Int, input: Int, output: Int, _ padding: Padding
  ) -> Int {
    let zeros = padding == .same ? max(0, (output - 1) * stride + window - input) : 0
    return index * stride - zeros / 2
  }

  /// One element of x · W, summed plainly, and the sum of its products' sizes.
  private static func product(
    _ x: TensorView, _ kernel: TensorView, at place: Int, columns: Int
  ) -> (value: Double, size: Double) {
    let inputs = x.shape.last
    var sum = (value: 0.0, size: 0.0)
    for k in 0..<inputs {
      let product =
        Double(x.base[place / columns * inputs + k])
        * Double(kernel.base[k * columns + place % columns])
      sum.value += product
      sum.size += abs(product)
    }
    return sum
  }

  /// |(L(w + h g) - L(w - h g)) / 2h - |g|²| / |g|², the step h such that the loss changes by about a hundredth.
  private static func gradientError(_ step: BenchStep) -> Double {
    let network = step.network
    step.lossAndGradients(randomKey: 1)
    let count = network.trainableCount
    let gradient = Array(UnsafeBufferPointer(start: network.gradients.base, count: count))
    let start = Array(UnsafeBufferPointer(start: network.values.base, count: count))
    let squared = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
    let h = 0.005 / squared
    func loss(_ direction: Double) -> Double {
      for i in 0..<count {
        network.values.base[i] = Float(Double(start[i]) + direction * h * Double(gradient[i]))
      }
      network.parametersChanged()
      return step.lossOnly(randomKey: 1)
    }
    let slope = (loss(1) - loss(-1)) / (2 * h)
    return abs(slope - squared) / squared
  }
}
