/// An exponential moving average of all values of a network, learned or not (Polyak & Juditsky 1992):
/// `a ← d · a + (1 - d) · w` after every update, `d = min(decay, (1 + t) / (10 + t))`.
///
/// The smaller d of the first steps (TensorFlow's `num_updates` rule) keeps the average from remembering the random start.
public final class MovingAverage: @unchecked Sendable {
  public let decay: Float
  /// t: how many updates the average has seen before the next one.
  public var updates = 0
  /// The averages, laid out as the network's values.
  public let values: FloatBuffer
  private var share: Float = 1

  /// An average that starts as `values`.
  public init(of values: FloatBuffer, decay: Float) {
    precondition(decay >= 0 && decay < 1, "decay \(decay)")
    self.decay = decay
    self.values = FloatBuffer(count: values.count)
    self.values.base.update(from: values.base, count: values.count)
  }

  /// Exchanges the averages with a network's values; again to change back.
  public func exchange(with values: FloatBuffer) {
    precondition(values.count == self.values.count)
    for i in 0..<values.count { swap(&values.base[i], &self.values.base[i]) }
  }

  /// Begins an update: sets d.
  func advance() {
    let t = Float(updates)
    share = 1 - min(decay, (1 + t) / (10 + t))
    updates += 1
  }

  /// Takes a stretch of new values in; `count` is a multiple of 8.
  @inline(__always)
  func update(from source: FloatBuffer, _ start: Int, _ count: Int) {
    let share = Lanes(repeating: share)
    let from = source.base + start
    let to = values.base + start
    for i in stride(from: 0, to: count, by: Lanes.scalarCount) {
      var average = Lanes(at: to + i)
      average.accumulate(share, Lanes(at: from + i) - average)
      average.store(to: to + i)
    }
  }

  /// Takes in the values that are not learned, which follow the trainable ones.
  func updateRest(from source: FloatBuffer, after start: Int, pool: WorkerPool) {
    pool.run(over: source.count - start, grain: Kernels.elementGrain) { range in
      update(from: source, start + range.lowerBound, range.count)
    }
  }
}
