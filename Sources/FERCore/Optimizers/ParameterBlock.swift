/// The memory an optimizer works on: values and gradients of all parameters in one block, cut once into pieces of work.
///
/// Pieces depend on the parameters alone, never on the number of threads, so that results do not either.
public struct ParameterBlock: Sendable {
  /// A stretch of parameters that are treated alike.
  struct Piece: Sendable {
    var start: Int
    var count: Int
    /// Whether weight decay applies.
    var decays: Bool
  }

  /// Trainable values first, then the others.
  public let values: FloatBuffer
  /// Laid out like the start of `values`.
  public let gradients: FloatBuffer
  /// How many floats of `values` are trainable.
  public var trainableCount: Int { gradients.count }
  let pieces: [Piece]

  /// - Parameter parameters: floats, padding included, and whether they decay, in order; their sum is the gradients'
  ///   count. Each is a multiple of 8: the SIMD loops have no tails.
  public init(
    values: FloatBuffer, gradients: FloatBuffer, parameters: [(count: Int, decays: Bool)]
  ) {
    precondition(parameters.reduce(0) { $0 + $1.count } == gradients.count, "parameters' count")
    precondition(gradients.count <= values.count, "more gradients than values")
    precondition(parameters.allSatisfy { $0.count % Lanes.scalarCount == 0 }, "unpadded parameters")
    self.values = values
    self.gradients = gradients
    var runs: [Piece] = []
    var start = 0
    for (count, decays) in parameters {
      if let last = runs.last, last.decays == decays {
        runs[runs.count - 1].count += count
      } else {
        runs.append(Piece(start: start, count: count, decays: decays))
      }
      start += count
    }
    pieces = runs.flatMap { run in
      stride(from: 0, to: run.count, by: Kernels.elementGrain).map {
        Piece(
          start: run.start + $0, count: min(Kernels.elementGrain, run.count - $0),
          decays: run.decays)
      }
    }
  }
}
