import FERCore
import Foundation

/// A model file made ready to label faces.
struct FaceClassifier {
  /// What each output of the network means.
  let emotions: [Emotion]
  /// The width and height of the faces it takes, in pixels.
  let side: Int
  private let predictor: Predictor

  init(_ file: URL, pool: WorkerPool) throws {
    let model = try LoadedModel(file)
    emotions = try model.emotions()
    let input = model.network.inputShape
    guard input.rank == 3, input[0] == input[1] else {
      throw EmojifyError.badData(
        "\(file.relativePath): takes an input of \(input), expected a square image")
    }
    side = input[0]
    predictor = Predictor(network: model.network, pool: pool, batchSize: 64)
  }

  /// The probability of each of `emotions` for each face of `side * side` gray bytes.
  func probabilities(of faces: [[UInt8]]) -> [[Float]] { predictor.predict(images: faces) }
}
