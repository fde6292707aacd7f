/// Multiplies the learning rate by a factor where the validation accuracy no longer improves, as Keras'
/// ReduceLROnPlateau does.
public final class PlateauReducer: TrainingCallback {
  public let name = "plateau"
  public let rule: PlateauRule
  private var best = -Double.infinity
  private var epochsWithout = 0

  public init(_ rule: PlateauRule) { self.rule = rule }

  /// A damaged count is cut to what a run can come to.
  public var state: [Double] {
    get { [best, Double(epochsWithout)] }
    set { (best, epochsWithout) = (newValue[0], Int(max(0, min(1e9, newValue[1])))) }
  }

  public func epochEnded(_ record: EpochRecord, of session: TrainingSession) {
    if record.validationAccuracy > best + rule.minimumGain {
      best = record.validationAccuracy
      epochsWithout = 0
      return
    }
    epochsWithout += 1
    if epochsWithout >= rule.patience {
      session.rateFactor = max(rule.minimumFactor, session.rateFactor * rule.factor)
      epochsWithout = 0
    }
  }
}
