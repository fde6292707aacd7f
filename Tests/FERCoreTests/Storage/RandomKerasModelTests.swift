import Foundation
import Testing

@testable import FERCore

/// Models of random layers that Keras 2 and 3 made, held against what they answered (Fixtures/random_keras_models.py).
/// `make test-keras` tries a few hundred fresh ones.
@Suite struct RandomKerasModelTests {
  static let files: [URL] = {
    let folder = PackageFolder.fixture("random")
    let all = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return (all ?? []).filter { $0.lastPathComponent.hasSuffix(".expected.h5") }
      .sorted { $0.path < $1.path }
  }()

  @Test func theyAreThere() { #expect(Self.files.count >= 8) }

  @Test(arguments: files) func theyAnswerAsInKeras(expected: URL) throws {
    let stem = expected.lastPathComponent.replacing(".expected.h5", with: "")
    let model = expected.deletingLastPathComponent().appendingPathComponent("\(stem).h5")
    let network = try KerasFormat.read(model).network
    let file = try HDF5File(reading: expected)
    let input = try file.readFloats("input")
    let isTurned = input.shape.perSample != network.inputShape
    let answer = network.answer(to: isTurned ? input.withChannelsLast() : input)
    #expect(answer.largestDifference(from: try file.readFloats("output")) < 1e-5)
  }
}
