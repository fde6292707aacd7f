import Foundation

/// The learning rate of every step of a run, as a function of the step alone: nothing to save, nothing to resume.
///
/// Every kind may begin with a warm-up in which the rate rises by equal steps from `base / warmupSteps` to where the
/// schedule starts (Goyal et al. 2017 §2.2); one-cycle's is its own rise. A cosine then covers the rest of the run, `step` counts
/// epochs from the run's start.
public struct LearningRateSchedule: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The base rate throughout.
    case constant
    /// Multiplied by `stepFactor` after every `stepEpochs` epochs.
    case step
    /// Half a cosine from the base rate to `finalFraction` of it (Loshchilov & Hutter 2017, one period).
    case cosine
    /// Up from `base / 25` to the base rate and down to `base / 250,000`, both along half a cosine (Smith & Topin 2018,
    /// numbers of PyTorch's OneCycleLR). The rise is the warm-up; without one it takes 30% of the run.
    case oneCycle = "one-cycle"
    /// The base rate, times what `PlateauRule` makes of the validation score.
    case plateau
  }

  public var kind: Kind
  /// Epochs of warm-up, may be a fraction.
  public var warmupEpochs: Double = 0
  public var stepEpochs: Double = 10
  public var stepFactor: Float = 0.1
  public var finalFraction: Float = 0

  public init(kind: Kind = .constant, warmupEpochs: Double = 0) {
    self.kind = kind
    self.warmupEpochs = warmupEpochs
  }

  /// The rate of a step.
  /// - Parameters:
  ///   - base: the rate the user asked for: the highest of the run.
  ///   - step: 0 for the first of the run.
  public func rate(base: Float, step: Int, stepsPerEpoch: Int, epochs: Int) -> Float {
    precondition(stepsPerEpoch >= 1 && step >= 0)
    let total = max(1, epochs * stepsPerEpoch)
    let warmup = Int(min(Double(total), (warmupEpochs * Double(stepsPerEpoch)).rounded()))
    if kind == .oneCycle { return base * oneCycle(step: step, warmup: warmup, total: total) }
    if step < warmup { return base * Float(Double(step + 1) / Double(warmup)) }
    switch kind {
    case .constant, .plateau, .oneCycle:
      return base
    case .step:
      let epoch = Double(step) / Double(stepsPerEpoch)
      // 6.6 / 2.2 is a little below 3.
      return base * Float(pow(Double(stepFactor), (epoch / stepEpochs + 1e-9).rounded(.down)))
    case .cosine:
      let progress = Double(step - warmup) / Double(max(1, total - warmup))
      return base * Self.descend(from: 1, to: Double(finalFraction), progress)
    }
  }

  private func oneCycle(step: Int, warmup: Int, total: Int) -> Float {
    let start = 1 / 25.0
    let end = start / 1e4
    let rise = warmup > 0 ? warmup : Int((0.3 * Double(total)).rounded())
    if step < rise { return Self.descend(from: start, to: 1, Double(step) / Double(rise)) }
    return Self.descend(from: 1, to: end, Double(step - rise) / Double(max(1, total - 1 - rise)))
  }

  /// Half a cosine between two factors; `progress` in 0 ... 1.
  private static func descend(from: Double, to: Double, _ progress: Double) -> Float {
    Float(to + (from - to) * (1 + cos(Double.pi * min(1, progress))) / 2)
  }
}

/// When the rate is reduced because the score no longer improves, as Keras' ReduceLROnPlateau.
public struct PlateauRule: Codable, Sendable, Equatable {
  /// What the rate is multiplied by.
  public var factor: Float = 0.5
  /// Epochs without a better score before that.
  public var patience = 3
  /// The smallest product of all factors.
  public var minimumFactor: Float = 1e-3
  /// How much better is better.
  public var minimumGain = 1e-4

  public init(factor: Float = 0.5, patience: Int = 3) {
    self.factor = factor
    self.patience = patience
  }
}
