import FERCore
import Foundation

/// A model file made ready to label faces.
struct FaceClassifier {
  /// What each output of the network means.
  let classes: [FaceClass]
  /// Of the faces it takes.
  let format: FaceFormat
  private let predictor: Predictor
  private let name: String

  init(_ model: LoadedModel, pool: WorkerPool) throws {
    name = model.name
    classes = model.classes
    format = model.format
    predictor = Predictor(
      network: model.network, pool: pool, batchSize: 64, bytesPerPixel: format.channels)
  }

  /// What the network says of each image's faces; all of them are one batch.
  ///
  /// Throws as `probabilities(of:)`.
  func results(of scans: [ScannedImage]) throws -> [PredictedImage] {
    var answers = try probabilities(of: scans.flatMap(\.crops))[...]
    return scans.map { scan in
      let mine = answers.prefix(scan.boxes.count)
      answers = answers.dropFirst(scan.boxes.count)
      let faces = zip(scan.boxes, mine).map { box, scores in
        PredictedFace(box: box, scores: Array(zip(classes, scores)))
      }
      return PredictedImage(
        path: scan.source.name, width: scan.bounds.width, height: scan.bounds.height, model: name,
        faces: faces)
    }
  }

  /// The probability of each of `classes` for each face in the model's format.
  ///
  /// Throws `EmojifyError.badData` where the network answers with something else, as one that diverged in training does.
  func probabilities(of faces: [[UInt8]]) throws -> [[Float]] {
    try Self.checked(predictor.predict(images: faces), of: name)
  }

  /// `answers`, which must be numbers. Throws `EmojifyError.badData` naming the model.
  static func checked(_ answers: [[Float]], of name: String) throws -> [[Float]] {
    guard answers.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw EmojifyError.badData(
        "\(name): its answer is no probabilities but NaN or infinite: did it diverge in training?")
    }
    return answers
  }
}
