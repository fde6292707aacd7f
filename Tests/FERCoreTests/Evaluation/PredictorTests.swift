import Foundation
import Testing

@testable import FERCore

@Suite struct PredictorTests {
  static func network() throws -> Network {
    try NetworkBuilder.sequential(
      name: "small", inputShape: [6, 6, 1], seed: 4,
      [
        (nil, Rescaling(scale: 1 / 255)), (nil, Flatten()),
        (nil, Dense(units: 3, activation: .softmax)),
      ])
  }

  static func images(_ count: Int) -> [UInt8] {
    var random = SeededRandom(seed: 9)
    return (0..<count * 36).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// `softmax(x / 255 · W + b)` in Double.
  static func reference(_ image: ArraySlice<UInt8>, _ network: Network) -> [Double] {
    let kernel = network.parameters[0].value.base
    let bias = network.parameters[1].value.base
    let logits = (0..<3).map { k in
      image.enumerated().reduce(Double(bias[k])) {
        $0 + Double($1.element) / 255 * Double(kernel[$1.offset * 3 + k])
      }
    }
    let powers = logits.map { exp($0) }
    return powers.map { $0 / powers.reduce(0, +) }
  }

  @Test(arguments: [1, 3, 4, 5, 8, 9])
  func answersEveryImageWhateverTheBatch(count: Int) throws {
    let network = try Self.network()
    let predictor = Predictor(network: network, pool: WorkerPool(threads: 2), batchSize: 4)
    let pixels = Self.images(count)
    var done: [Int] = []
    let answers = predictor.predict(pixels: pixels, indices: Array((0..<count).reversed())) {
      done.append($0)
    }
    #expect(done.last == count)
    for (row, index) in (0..<count).reversed().enumerated() {
      let expected = Self.reference(pixels[index * 36..<(index + 1) * 36], network)
      for k in 0..<3 { #expect(abs(Double(answers[row][k]) - expected[k]) < 1e-5) }
    }
  }

  @Test func averagesTheMirroredImage() throws {
    let network = try Self.network()
    let predictor = Predictor(
      network: network, pool: WorkerPool(threads: 1), batchSize: 4, averagesMirrored: true)
    let image = Self.images(1)
    var mirrored: [UInt8] = []
    for y in 0..<6 { mirrored += image[y * 6..<y * 6 + 6].reversed() }
    let expected = zip(
      Self.reference(image[...], network), Self.reference(mirrored[...], network)
    ).map { ($0 + $1) / 2 }
    let answer = predictor.predict(images: [image])[0]
    for k in 0..<3 { #expect(abs(Double(answer[k]) - expected[k]) < 1e-5) }
  }

  @Test func refusesOtherData() throws {
    let predictor = Predictor(network: try Self.network(), pool: WorkerPool(threads: 1))
    let two = FaceDataset(
      side: 6, pixels: Self.images(1), labels: [0], splits: [.training], classNames: ["a", "b"])
    #expect(
      throws: EmojifyError.badData("the data has 2 classes, the network tells 3 apart")
    ) {
      try Evaluator.evaluate(predictor, on: two, indices: [0])
    }
  }
}
