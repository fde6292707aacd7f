import FERCore
import Foundation

/// A model file made ready to label faces.
struct FaceClassifier {
  /// What each output of the network means.
  let classes: [FaceClass]
  /// Of the faces it takes.
  let format: FaceFormat
  private let predictor: Predictor

  init(_ model: LoadedModel, pool: WorkerPool) throws {
    classes = model.classes
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
        PredictedFace(box: box, scores: Array(zip(classes, scores)))
      }
      return PredictedImage(path: scan.source.name, faces: faces)
    }
  }

  /// The probability of each of `classes` for each face in the model's format.
  func probabilities(of faces: [[UInt8]]) -> [[Float]] { predictor.predict(images: faces) }
}
