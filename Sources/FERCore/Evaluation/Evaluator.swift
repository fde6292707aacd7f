import Foundation

/// Scores a network on labelled images.
public enum Evaluator {
  /// Runs `predictor` on the images `indices` names and compares with their labels.
  ///
  /// - Parameter progress: called with the number of images done.
  /// - Throws: `EmojifyError.badData` where the data's images or classes are not the network's.
  public static func evaluate(
    _ predictor: Predictor, on dataset: FaceDataset, indices: [Int],
    progress: (Int) -> Void = { _ in }
  ) throws -> ClassificationReport {
    let answers = try answers(of: predictor, on: dataset, indices: indices, progress: progress)
    return report(
      answers, labels: indices.map { Int(dataset.labels[$0]) }, classNames: dataset.classNames)
  }

  /// The probabilities `predictor` gives the images `indices` names, `[images][classes]`.
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
    guard dataset.imageSize == predictor.imageSize else {
      throw EmojifyError.badData(
        "the data's images are \(dataset.side) x \(dataset.side) pixels, the network expects "
          + "\(predictor.network.inputShape[1]) x \(predictor.network.inputShape[0])")
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
      matrix.add(truth: label, prediction: best(of: answer))
      let probability = Double(answer[label])
      // A NaN stays one: a network that answers nothing sensible must not look well.
      lossSum -= log(probability.isNaN ? probability : min(1, max(probability, 1e-7)))
    }
    return ClassificationReport(
      matrix, loss: answers.isEmpty ? 0 : lossSum / Double(answers.count))
  }

  /// The class with the highest probability; the first of equals.
  public static func best(of answer: [Float]) -> Int {
    var best = 0
    for k in answer.indices where answer[k] > answer[best] { best = k }
    return best
  }
}
