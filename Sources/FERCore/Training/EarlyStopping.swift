/// Ends the run after `patience` epochs that were not better than the best.
public final class EarlyStopping: TrainingCallback {
  public let name = "early_stopping"
  public let patience: Int

  public init(patience: Int) {
    precondition(patience >= 1)
    self.patience = patience
  }

  public func epochEnded(_ record: EpochRecord, of session: TrainingSession) {
    if let best = session.best, record.epoch - best.epoch >= patience { session.shouldStop = true }
  }
}
