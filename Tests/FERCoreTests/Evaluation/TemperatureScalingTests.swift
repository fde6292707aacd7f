import FERCore
import Foundation
import Testing

@Suite struct TemperatureScalingTests {
  /// softmax(z / T) from the logits themselves.
  @Test(arguments: [0.4, 1, 1.7, 6])
  func probabilitiesAreThoseOfTheDividedLogits(temperature: Double) {
    let logits = [2.0, -1, 0.5, 0]
    func softmax(_ values: [Double]) -> [Float] {
      let total = values.reduce(0) { $0 + exp($1) }
      return values.map { Float(exp($0) / total) }
    }
    let scaled = TemperatureScaling(temperature)(softmax(logits))
    let expected = softmax(logits.map { $0 / temperature })
    #expect(zip(scaled, expected).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  /// Labels drawn from the answers made surer by T: the fit finds T again.
  @Test(arguments: [0.6, 1, 2.5])
  func whatWasMadeTooSureIsFound(temperature: Double) {
    var random = SeededRandom(seed: 5)
    var labels: [Int] = []
    let answers = (0..<20_000).map { _ -> [Float] in
      let weights = (0..<3).map { _ in exp(2 * Double(random.uniform()) - 1) }
      let truth = weights.map { Float($0 / weights.reduce(0, +)) }
      let draw = random.uniform()
      labels.append(draw < truth[0] ? 0 : draw < truth[0] + truth[1] ? 1 : 2)
      return TemperatureScaling(1 / temperature)(truth)
    }
    let fitted = TemperatureScaling(fitting: answers, labels: labels).temperature
    #expect(abs(fitted / temperature - 1) < 0.08)
  }

  @Test(arguments: [true, false])
  func aNetworkAnswersAtItsTemperature(layerOfItsOwn: Bool) throws {
    func network() throws -> Network {
      var builder = NetworkBuilder(name: "n", inputShape: [4, 4, 1])
      var x = try builder.add(Flatten(), to: builder.input)
      x = try builder.add(Dense(units: 3, activation: layerOfItsOwn ? .linear : .softmax), to: x)
      if layerOfItsOwn { x = try builder.add(Activation(.softmax), to: x) }
      return try builder.build(output: x, seed: 3)
    }
    let image = (0..<16).map { UInt8($0) }
    let pool = WorkerPool(threads: 1)
    let plain = Predictor(network: try network(), pool: pool).predict(images: [image])[0]
    let scaling = TemperatureScaling(4)
    let scaled = try network()
    try scaling.apply(to: scaled)
    let answer = Predictor(network: scaled, pool: pool).predict(images: [image])[0]
    #expect(zip(answer, scaling(plain)).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(answer != plain)
  }

  /// As mini-Xception ends: a convolution of as many filters as classes, averaged.
  @Test func aConvolutionAsHeadTakesOneToo() throws {
    func network() throws -> Network {
      var builder = NetworkBuilder(name: "n", inputShape: [6, 6, 1])
      var x = try builder.add(Conv2D(filters: 3, kernelSize: 3), to: builder.input)
      x = try builder.add(GlobalAveragePooling2D(), to: x)
      x = try builder.add(Activation(.softmax), to: x)
      return try builder.build(output: x, seed: 3)
    }
    let image = (0..<36).map { UInt8($0 * 7 % 31) }
    let pool = WorkerPool(threads: 1)
    let plain = Predictor(network: try network(), pool: pool).predict(images: [image])[0]
    let scaled = try network()
    try TemperatureScaling(3).apply(to: scaled)
    let answer = Predictor(network: scaled, pool: pool).predict(images: [image])[0]
    #expect(zip(answer, TemperatureScaling(3)(plain)).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(answer != plain)
  }

  /// A factor before ReLU or sigmoid is none behind it.
  @Test func whatComesBetweenHeadAndSoftmaxIsSeen() throws {
    var builder = NetworkBuilder(name: "n", inputShape: [4, 4, 1])
    var x = try builder.add(Flatten(), to: builder.input)
    x = try builder.add(Dense(units: 3), to: x)
    x = try builder.add(Activation(.tanh), to: x)
    x = try builder.add(Activation(.softmax), name: "answers", to: x)
    let network = try builder.build(output: x, seed: 3)
    #expect(
      throws: EmojifyError.badData(
        "'n' ends in 'answers', expected a dense layer or a convolution and a softmax for a temperature"
      )
    ) { try TemperatureScaling(2).apply(to: network) }
  }

  @Test func aNetworkWithoutSoftmaxHasNoTemperature() throws {
    var builder = NetworkBuilder(name: "n", inputShape: [4, 4, 1])
    var x = try builder.add(Flatten(), to: builder.input)
    x = try builder.add(Dense(units: 3, activation: .sigmoid), name: "scores", to: x)
    let network = try builder.build(output: x, seed: 3)
    #expect(
      throws: EmojifyError.badData(
        "'n' ends in 'scores', expected a dense layer or a convolution and a softmax for a temperature"
      )
    ) { try TemperatureScaling(2).apply(to: network) }
  }

  @Test func zerosStayFiniteAndTheCallStays() {
    let scaled = TemperatureScaling(2)([1, 0, 0])
    #expect(scaled.allSatisfy { $0.isFinite })
    #expect(scaled[0] > 0.99)
    // Never right: as unsure as may be. Always right: as sure as may be.
    #expect(TemperatureScaling(fitting: [[0.9, 0.1]], labels: [1]).temperature > 9.9)
    #expect(TemperatureScaling(fitting: [[0.9, 0.1]], labels: [0]).temperature < 0.11)
  }
}
