extension Kernels {
  /// `target = source`, element by element; they do not overlap. For a batch's images or a layer's output: on many cores
  /// a copy by one of them is a large share of a step.
  static func copy(_ source: TensorView, to target: MutableTensorView, pool: WorkerPool) {
    precondition(source.shape.count == target.shape.count, "\(source.shape) into \(target.shape)")
    pool.run(over: source.shape.count, grain: elementGrain) { range in
      (target.base + range.lowerBound).update(
        from: source.base + range.lowerBound, count: range.count)
    }
  }
}
