import Foundation
import Testing

@testable import FERCore

/// Grad-CAM and occlusion against computations in Double that share no code with them.
@Suite struct GradCAMTests {
  /// Convolutions, normalisation, dropout and a residual add, with three classes.
  static func network() throws -> Network {
    var builder = NetworkBuilder(name: "small", inputShape: [9, 9, 1])
    var x = try builder.add(Rescaling(scale: 1 / 255, offset: -0.4), to: builder.input)
    x = try builder.add(Conv2D(filters: 8, kernelSize: 3, activation: .relu), to: x)
    var y = try builder.add(Dropout(rate: 0.4), to: x)
    y = try builder.add(Conv2D(filters: 8, kernelSize: 3, padding: .same), to: y)
    y = try builder.add(BatchNormalization(), to: y)
    x = try builder.add(Activation(.relu), to: try builder.add(Add(), to: y, x))
    x = try builder.add(Conv2D(filters: 5, kernelSize: 3), name: "last", to: x)
    x = try builder.add(BatchNormalization(), name: "normalized", to: x)
    x = try builder.add(Activation(.relu), name: "rectified", to: x)
    x = try builder.add(Dropout(rate: 0.5), to: x)
    x = try builder.add(GlobalAveragePooling2D(), to: x)
    x = try builder.add(Dense(units: 6, activation: .tanh), to: x)
    x = try builder.add(Dense(units: 3, activation: .softmax), to: x)
    let network = try builder.build(output: x, seed: 5)
    var random = SeededRandom(seed: 8)
    network.randomize(&random)
    return network
  }

  private static let image: [UInt8] = {
    var random = SeededRandom(seed: 12)
    return (0..<81).map { _ in UInt8(random.integer(below: 256)) }
  }()

  /// Central differences of the logit by every activation, then the paper's formulas.
  @Test(arguments: ["last", "normalized", "rectified", "conv2d", "add"])
  func weightsAndMapAreTheHandComputedOnes(layer: String) throws {
    let network = try Self.network()
    let node = try GradCAM.layer(named: layer, in: network)
    let method = GradCAM(network: network, node: node, pool: WorkerPool(threads: 2))
    #expect(method.layerName == layer)
    let reference = ReferenceNetwork(network, batchSize: 1, mode: .frozen)
    let input = Self.image.map(Double.init)
    let clean = reference.outputs(for: input)
    let shape = network.nodes[node].outputShape
    let (places, channels) = (shape[0] * shape[1], shape[2])
    for classIndex in 0..<3 {
      func logit(_ values: [Double]) -> Double {
        let outputs = reference.outputs(for: input, replacing: node, by: values)
        return outputs[outputs.count - 1][classIndex]
      }
      var weights = [Double](repeating: 0, count: channels)
      for element in clean[node].indices {
        var values = clean[node]
        values[element] += 1e-6
        let above = logit(values)
        values[element] -= 2e-6
        weights[element % channels] += (above - logit(values)) / 2e-6 / Double(places)
      }
      let map = (0..<places).map { place in
        max(0, (0..<channels).reduce(0) { $0 + weights[$1] * clean[node][place * channels + $1] })
      }
      let answer = method.answer(for: Self.image, classIndex: classIndex)
      expectClose(answer.logits, clean[clean.count - 1], ofScale: 1e-5, "logits")
      expectClose(answer.weights, weights, ofScale: 1e-4, "weights of class \(classIndex)")
      #expect(answer.map.height == shape[0] && answer.map.width == shape[1])
      expectClose(answer.map.values, map, ofScale: 1e-4, "map of class \(classIndex)")
    }
  }

  @Test func theLayerIsTheLastConvolutionWithWhatFollowsIt() throws {
    let network = try Self.network()
    #expect(
      network.nodes[try GradCAM.layer(named: nil, in: network)].name == "rectified")
    #expect(throws: EmojifyError.usage("layer 'dense' has no maps to look at: its output is [6]")) {
      try GradCAM.layer(named: "dense", in: network)
    }
    let input = network.nodes[0].name
    #expect(
      throws: EmojifyError.usage("layer '\(input)' has no maps to look at: it is the input")
    ) { try GradCAM.layer(named: input, in: network) }
    #expect {
      try GradCAM.layer(named: "lost", in: network)
    } throws: { error in
      let message = (error as? EmojifyError)?.description ?? ""
      return message.hasPrefix("the network has no layer 'lost', expected one of rescaling, conv2d")
    }
    #expect(
      throws: EmojifyError.badData(
        "the network has no convolution, so there are no maps to look at")
    ) { try GradCAM.layer(named: nil, in: PredictorTests.network()) }
    // The architectures that come with emojify all have one.
    for architecture in Architecture.all {
      let network = try architecture.network(classCount: 7, seed: 1)
      let node = try GradCAM.layer(named: nil, in: network)
      #expect(network.nodes[node].outputShape.rank == 3)
    }
  }

  /// Answers of `[1, 1, classes]`, as of a convolution over all that is left, become one row: the map is of what went into
  /// the softmax all the same.
  @Test func aSoftmaxOfOnePlaceIsLookedBehind() throws {
    for ends in [
      [Conv2D(filters: 3, kernelSize: 7), Activation(.softmax)],
      [Conv2D(filters: 3, kernelSize: 7, activation: .softmax)],
    ] as [[any Layer]] {
      let layers: [any Layer] = [
        Rescaling(scale: 1 / 255), Conv2D(filters: 4, kernelSize: 3, activation: .relu),
      ]
      let whole = try NetworkBuilder.sequential(
        name: "places", inputShape: [9, 9, 1], seed: 4, (layers + ends).map { (nil, $0) })
      #expect(whole.outputShape == [1, 1, 3])
      let network = try whole.answeringOneRow()
      #expect(network.outputShape == [3] && network.endsInSoftmax)
      let image = Tensor([1, 9, 9, 1], Self.image.map(Float.init))
      let found = network.answer(to: image).elements
      expectClose(found, whole.answer(to: image).elements.map(Double.init), ofScale: 1e-6, "row")
      let answer = GradCAM(
        network: network, node: try GradCAM.layer(named: "conv2d", in: network),
        pool: WorkerPool(threads: 1)
      ).answer(for: Self.image, classIndex: 1)
      let sums = answer.logits.map { exp(Double($0)) }
      let shares = sums.map { Float($0 / sums.reduce(0, +)) }
      #expect(answer.logits != shares)
      expectClose(found, shares.map(Double.init), ofScale: 1e-5, "shares")
    }
  }

  @Test func occlusionIsTheMeanLossUnderTheSquares() throws {
    let network = try Self.network()
    let predictor = Predictor(network: network, pool: WorkerPool(threads: 2), batchSize: 7)
    let map = Occlusion(size: 4, stride: 2).map(of: Self.image, classIndex: 1, by: predictor)
    #expect(map.height == 9 && map.width == 9)
    let level = UInt8((Double(Self.image.map(Int.init).reduce(0, +)) / 81).rounded())
    let reference = ReferenceNetwork(network, batchSize: 1, mode: .inference)
    let whole = reference.output(for: Self.image.map(Double.init))[1]
    for (y, x) in [(0, 0), (0, 8), (3, 4), (4, 4), (8, 7), (8, 8)] {
      // Every square of 4 x 4 whose corner is even, on the image or before it, and that covers the pixel.
      var losses: [Double] = []
      for top in Swift.stride(from: -2, through: 8, by: 2) where (top..<top + 4).contains(y) {
        for left in Swift.stride(from: -2, through: 8, by: 2) where (left..<left + 4).contains(x) {
          var image = Self.image
          for row in 0..<9 {
            for column in 0..<9
            where (top..<top + 4).contains(row) && (left..<left + 4).contains(column) {
              image[row * 9 + column] = level
            }
          }
          losses.append(whole - reference.output(for: image.map(Double.init))[1])
        }
      }
      #expect(losses.count == 4)
      let expected = losses.reduce(0, +) / 4
      #expect(abs(Double(map.values[y * 9 + x]) - expected) < 1e-5, "\(y), \(x)")
    }
  }

  @Test func mapsAreEnlargedBetweenTheirCellsCentres() {
    let map = AttributionMap(height: 1, width: 2, values: [0, 4])
    #expect(map.resized(height: 1, width: 4).values == [0, 1, 3, 4])
    #expect(map.resized(height: 2, width: 2).rows == [[0, 4], [0, 4]])
    #expect(map.resized(height: 1, width: 1).values == [2])
    let peak = AttributionMap(height: 2, width: 2, values: [1, 3, 3, 0]).peak
    #expect(peak.value == 3 && peak.row == 0 && peak.column == 1)
  }
}
