/// Clipping by the norm of all gradients together (Pascanu et al. 2013).
public final class GradientClipping {
  private let partials: UnsafeMutableBufferPointer<Double>

  /// - Parameter block: whose gradients are measured; the scratch is sized once.
  public init(for block: ParameterBlock) {
    partials = .allocate(capacity: block.pieces.count)
    partials.initialize(repeating: 0)
  }

  deinit { partials.deallocate() }

  /// The Euclidean norm of all gradients: squares added in Double within a piece, then the pieces in order.
  public func norm(of block: ParameterBlock, pool: WorkerPool) -> Double {
    precondition(block.pieces.count == partials.count)
    pool.run(blocks: block.pieces.count) { _, index in
      let piece = block.pieces[index]
      let g = block.gradients.base + piece.start
      var sum = SIMD8<Double>.zero
      for i in stride(from: 0, to: piece.count, by: Lanes.scalarCount) {
        let wide = SIMD8<Double>(Lanes(at: g + i))
        sum += wide * wide
      }
      partials[index] = sum.sum()
    }
    return partials.reduce(0, +).squareRoot()
  }

  /// What to multiply the gradients by so that their norm is at most `limit`; 1 where it is already.
  public static func scale(norm: Double, limit: Float) -> Float {
    norm > Double(limit) ? Float(Double(limit) / norm) : 1
  }
}
