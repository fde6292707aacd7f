/// What a run tells while it goes; showing it is the listener's business.
public enum TrainingEvent: Sendable {
  /// Answers of teachers that are there, before the first step.
  case askingTeachers(done: Int, of: Int)
  /// A step was made.
  case step(StepReport)
  /// Images of the validation that are done.
  case validation(done: Int, of: Int)
  /// An epoch is over and saved.
  case epoch(EpochRecord, isBest: Bool)
  /// At the end of that epoch all validation images, `images` of them, were called `className`, some of them wrongly.
  case calledAlike(epoch: Int, className: String, images: Int)
}

/// Where a run is after a step.
public struct StepReport: Sendable {
  /// Epochs from 0, and how many there will be at most.
  public let epoch: Int
  public let epochs: Int
  /// Batches of this epoch that are done.
  public let batch: Int
  public let batches: Int
  /// Means over this epoch so far.
  public let loss: Double
  public let accuracy: Double
  public let learningRate: Float
  /// Over this epoch, or since the run was resumed in it.
  public let imagesPerSecond: Double
  /// What is left of this epoch, its validation not counted.
  public let epochSecondsLeft: Double
}

/// One line of history.csv.
public struct EpochRecord: Sendable, Equatable {
  /// From 0, as Keras counts in files.
  public let epoch: Int
  /// Means over the epoch's batches as they were trained on: augmented, with dropout, smoothed and weighted.
  public let accuracy: Double
  public let loss: Double
  /// On the validation images, plain: no augmentation, dropout, smoothing or weights.
  public let validationAccuracy: Double
  public let validationLoss: Double
  /// Of the epoch's last step.
  public let learningRate: Double

  /// Whether this is the better epoch: by validation accuracy, between equals by validation loss.
  public func isBetter(than other: EpochRecord) -> Bool {
    validationAccuracy != other.validationAccuracy
      ? validationAccuracy > other.validationAccuracy : validationLoss < other.validationLoss
  }

  var numbers: [Double] {
    [accuracy, learningRate, loss, validationAccuracy, validationLoss]
  }

  init(
    epoch: Int, accuracy: Double, loss: Double, validationAccuracy: Double, validationLoss: Double,
    learningRate: Double
  ) {
    self.epoch = epoch
    self.accuracy = accuracy
    self.loss = loss
    self.validationAccuracy = validationAccuracy
    self.validationLoss = validationLoss
    self.learningRate = learningRate
  }

  init(epoch: Int, numbers: ArraySlice<Double>) {
    let n = Array(numbers)
    self.init(
      epoch: epoch, accuracy: n[0], loss: n[2], validationAccuracy: n[3], validationLoss: n[4],
      learningRate: n[1])
  }
}

extension [EpochRecord] {
  /// The epoch no other is better than, the first of equals; nil where there is none.
  public var best: EpochRecord? {
    reduce(nil) { best, record in
      guard let best else { return record }
      return record.isBetter(than: best) ? record : best
    }
  }
}
