import Foundation

/// Scores a network on labelled images.
public enum Evaluator {
  /// Runs `predictor` on the images `indices` names and compares with their labels.
  ///
  /// - Parameter progress: called with the number of images done.
  /// - Throws: `EmojifyError.badData` where the data's classes are not as many as the network's.
  public static func evaluate(
    _ predictor: Predictor, on dataset: FaceDataset, indices: [Int],
    progress: (Int) -> Void = { _ in }
  ) throws -> ClassificationReport {
    let answers = try answers(of: predictor, on: dataset, indices: indices, progress: progress)
    return report(
      answers, labels: indices.map { Int(dataset.labels[$0]) }, classNames: dataset.classNames)
  }

  /// The probabilities `predictor` gives the images `indices` names, `[images][classes]`. Images of another size are
  /// scaled to the network's.
  ///
  /// Parameter and errors as `evaluate`.
  public static func answers(
    of predictor: Predictor, on dataset: FaceDataset, indices: [Int],
    progress: (Int) -> Void = { _ in }
  ) throws -> [[Float]] {
    guard dataset.classCount == predictor.network.classCount else {
      throw EmojifyError.badData(
        "the data has \(dataset.classCount) classes, the network tells "
          + "\(predictor.network.classCount) apart")
    }
    return outputs(of: predictor, on: dataset, indices: indices, progress: progress)
  }

  /// What each image is called, as the number of an output: for a network whose outputs are not known to be the data's
  /// classes.
  public static func calls(
    of predictor: Predictor, on dataset: FaceDataset, indices: [Int]
  ) -> [Int] {
    outputs(of: predictor, on: dataset, indices: indices) { _ in }.map(\.placeOfLargest)
  }

  private static func outputs(
    of predictor: Predictor, on dataset: FaceDataset, indices: [Int], progress: (Int) -> Void
  ) -> [[Float]] {
    let (height, width) = (predictor.network.inputShape[0], predictor.network.inputShape[1])
    guard dataset.side == height, dataset.side == width else {
      var answers: [[Float]] = []
      // A few at a time: scaled up they may be large.
      for start in stride(from: 0, to: indices.count, by: predictor.batchSize) {
        let part = Array(indices[start..<min(start + predictor.batchSize, indices.count)])
        answers += predictor.predict(
          images: dataset.images(part, height: height, width: width), count: part.count)
        progress(answers.count)
      }
      return answers
    }
    return predictor.predict(pixels: dataset.pixels, indices: indices, progress: progress)
  }

  /// The report on answers that are there: probabilities `[images][classes]` and the true classes.
  public static func report(_ answers: [[Float]], labels: [Int], classNames: [String])
    -> ClassificationReport
  {
    precondition(answers.count == labels.count, "one label an answer")
    var matrix = ConfusionMatrix(classNames: classNames)
    var lossSum = 0.0
    for (answer, label) in zip(answers, labels) {
      matrix.add(truth: label, prediction: answer.placeOfLargest)
      let probability = Double(answer[label])
      // A NaN stays one: a network that answers nothing sensible must not look well.
      lossSum -= log(probability.isNaN ? probability : min(1, max(probability, 1e-7)))
    }
    return ClassificationReport(
      matrix, loss: answers.isEmpty ? 0 : lossSum / Double(answers.count))
  }
}
