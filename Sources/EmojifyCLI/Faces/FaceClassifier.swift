import FERCore
import Foundation

/// A model file made ready to label faces.
struct FaceClassifier {
  /// What each output of the network means.
  let emotions: [Emotion]
  /// Of the faces it takes.
  let format: FaceFormat
  private let predictor: Predictor

  init(_ model: LoadedModel, pool: WorkerPool) throws {
    emotions = try model.emotions()
    format = model.format
    predictor = Predictor(
      network: model.network, pool: pool, batchSize: 64, bytesPerPixel: format.channels)
  }

  /// What the network says of each image's faces; all of them are one batch.
  func results(of scans: [ScannedImage]) -> [PredictedImage] {
    var answers = probabilities(of: scans.flatMap(\.crops))[...]
    return scans.map { scan in
      let mine = answers.prefix(scan.boxes.count)
      answers = answers.dropFirst(scan.boxes.count)
      let faces = zip(scan.boxes, mine).map { box, scores in
        PredictedFace(box: box, scores: Array(zip(emotions, scores)))
      }
      return PredictedImage(path: scan.source.name, faces: faces)
    }
  }

  /// The probability of each of `emotions` for each face in the model's format.
  func probabilities(of faces: [[UInt8]]) -> [[Float]] { predictor.predict(images: faces) }
}
