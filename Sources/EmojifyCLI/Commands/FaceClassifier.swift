import FERCore
import Foundation

/// A model file made ready to label faces.
struct FaceClassifier {
  /// What each output of the network means.
  let emotions: [Emotion]
  /// The width and height of the faces it takes, in pixels.
  let side: Int
  private let network: Network
  private let pool: WorkerPool
  /// Faces that go through the network at a time; more would only cost memory.
  private static let largestBatch = 64

  init(_ file: URL, pool: WorkerPool) throws {
    let model = try ModelFile.load(file)
    network = model.network
    self.pool = pool
    emotions = try model.classNames.map { name in
      guard let emotion = Emotion(name: name) else {
        throw EmojifyError.badData("\(file.relativePath): its class '\(name)' is no emotion")
      }
      return emotion
    }
    let input = network.inputShape
    guard input.rank == 3, input[0] == input[1], input[2] == 1 || input[2] == 3 else {
      throw EmojifyError.badData(
        "\(file.relativePath): takes an input of \(input), expected a square image of 1 or 3 channels")
    }
    side = input[0]
  }

  /// The probability of each of `emotions` for each face of `side * side` gray bytes.
  func probabilities(of faces: [[UInt8]]) -> [[Float]] {
    guard !faces.isEmpty else { return [] }
    let batch = min(faces.count, Self.largestBatch)
    let plan = ExecutionPlan(network: network, batchSize: batch, mode: .inference, pool: pool)
    var result: [[Float]] = []
    for start in stride(from: 0, to: faces.count, by: batch) {
      let chunk = faces[start..<min(start + batch, faces.count)]
      for (slot, face) in chunk.enumerated() { write(face, to: plan.input, slot: slot) }
      plan.forward()
      let scores = Array(plan.output.elements)
      for slot in 0..<chunk.count {
        result.append(Array(scores[slot * emotions.count..<(slot + 1) * emotions.count]))
      }
    }
    return result
  }

  /// Gray bytes as the network's floats, 0 to 255, once for each channel.
  private func write(_ face: [UInt8], to input: MutableTensorView, slot: Int) {
    let channels = network.inputShape.last
    let target = input.base + slot * network.inputShape.count
    for (pixel, value) in face.enumerated() {
      for channel in 0..<channels { target[pixel * channels + channel] = Float(value) }
    }
  }
}
