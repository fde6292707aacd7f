/// The one-dimensional transforms of Winograd's minimal filtering F(m, 3) (Lavin & Gray 2016, §4), eight channels at a
/// time. A two-dimensional transform applies one to the columns, then to the rows.
///
/// `load(i)` answers the i-th value, `store(i, value)` takes the i-th result; every value is loaded before the first
/// result is stored. Written with separate multiplications and additions: a fused form lets the compiler take the vectors
/// apart.
protocol WinogradForm {
  /// m: outputs of a tile along one axis.
  static var outputs: Int { get }
  /// `Bᵀ d`: m + 2 from m + 2 input values.
  static func input(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void)
  /// `Aᵀ p`: m outputs from m + 2 products.
  static func output(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void)
  /// `A y`: the transpose of `output`, for the weight gradient.
  static func outputGradient(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void)
  /// `G w`: m + 2 from three weights.
  static func kernel(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void)
  /// `Gᵀ p`: the transpose of `kernel`, for the weight gradient.
  static func kernelGradient(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void)
}

extension WinogradForm {
  /// Side of an input tile.
  @inline(__always) static var side: Int { outputs + 2 }
  /// Elements of a transformed tile.
  @inline(__always) static var elements: Int { side * side }
}

/// F(6, 3): 64 multiplications for 36 outputs where the direct sum takes 324. The points are 0, ±1, ±2, ±1/2 and ∞.
enum WinogradF6: WinogradForm {
  @inline(__always) static var outputs: Int { 6 }

  @inline(__always)
  static func input(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (d0, d1, d2, d3) = (load(0), load(1), load(2), load(3))
    let (d4, d5, d6, d7) = (load(4), load(5), load(6), load(7))
    let four = Lanes(repeating: 4)
    let half = Lanes(repeating: 0.5)
    let outer = Lanes(repeating: 5.25)
    let inner = Lanes(repeating: 4.25)
    let middle = Lanes(repeating: 1.25)
    store(0, (d0 - d6) + outer * (d4 - d2))
    store(7, (d7 - d1) + outer * (d3 - d5))
    let even1 = (d2 + d6) - inner * d4
    let odd1 = (d1 + d5) - inner * d3
    store(1, even1 + odd1)
    store(2, even1 - odd1)
    let scaled4 = middle * d4
    let scaled3 = (middle + middle) * d3
    let even2 = (d6 + Lanes(repeating: 0.25) * d2) - scaled4
    let odd2 = (half * d1 - scaled3) + (d5 + d5)
    store(3, even2 + odd2)
    store(4, even2 - odd2)
    let even3 = d6 + four * (d2 - scaled4)
    let odd3 = ((d1 + d1) - scaled3) + half * d5
    store(5, even3 + odd3)
    store(6, even3 - odd3)
  }

  @inline(__always)
  static func output(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (p0, p1, p2, p3) = (load(0), load(1), load(2), load(3))
    let (p4, p5, p6, p7) = (load(4), load(5), load(6), load(7))
    let (sum1, difference1) = (p1 + p2, p1 - p2)
    let (sum2, difference2) = (p3 + p4, p3 - p4)
    let (sum3, difference3) = (p5 + p6, p5 - p6)
    store(0, (p0 + sum1) + (sum2 + sum3))
    store(1, difference1 + (difference2 * 2 + difference3 * 0.5))
    store(2, sum1 + (sum2 * 4 + sum3 * 0.25))
    store(3, difference1 + (difference2 * 8 + difference3 * 0.125))
    store(4, sum1 + (sum2 * 16 + sum3 * 0.0625))
    store(5, (difference1 + p7) + (difference2 * 32 + difference3 * 0.03125))
  }

  @inline(__always)
  static func outputGradient(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (y0, y1, y2) = (load(0), load(1), load(2))
    let (y3, y4, y5) = (load(3), load(4), load(5))
    store(0, y0)
    let even1 = y0 + y2 + y4
    let odd1 = y1 + y3 + y5
    store(1, even1 + odd1)
    store(2, even1 - odd1)
    let even2 = y0 + (y2 * 4 + y4 * 16)
    let odd2 = y1 * 2 + (y3 * 8 + y5 * 32)
    store(3, even2 + odd2)
    store(4, even2 - odd2)
    let even3 = y0 + (y2 * 0.25 + y4 * 0.0625)
    let odd3 = y1 * 0.5 + (y3 * 0.125 + y5 * 0.03125)
    store(5, even3 + odd3)
    store(6, even3 - odd3)
    store(7, y5)
  }

  @inline(__always)
  static func kernel(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (w0, w1, w2) = (load(0), load(1), load(2))
    let outer1 = (w0 + w2) * Lanes(repeating: -2 / 9)
    let middle1 = w1 * Lanes(repeating: 2 / 9)
    let outer2 = w0 * Lanes(repeating: 1 / 90) + w2 * Lanes(repeating: 2 / 45)
    let middle2 = w1 * Lanes(repeating: 1 / 45)
    let outer3 = w0 * Lanes(repeating: 32 / 45) + w2 * Lanes(repeating: 8 / 45)
    let middle3 = w1 * Lanes(repeating: 16 / 45)
    store(0, w0)
    store(1, outer1 - middle1)
    store(2, outer1 + middle1)
    store(3, outer2 + middle2)
    store(4, outer2 - middle2)
    store(5, outer3 + middle3)
    store(6, outer3 - middle3)
    store(7, w2)
  }

  @inline(__always)
  static func kernelGradient(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (p0, p1, p2, p3) = (load(0), load(1), load(2), load(3))
    let (p4, p5, p6, p7) = (load(4), load(5), load(6), load(7))
    let (sum1, difference1) = ((p1 + p2) * Lanes(repeating: 2 / 9), p2 - p1)
    let (sum2, difference2) = ((p3 + p4) * Lanes(repeating: 1 / 90), p3 - p4)
    let (sum3, difference3) = ((p5 + p6) * Lanes(repeating: 8 / 45), p5 - p6)
    store(0, (p0 - sum1) + (sum2 + sum3 * 4))
    store(
      1,
      difference1 * Lanes(repeating: 2 / 9)
        + (difference2 * Lanes(repeating: 1 / 45) + difference3 * Lanes(repeating: 16 / 45)))
    store(2, (p7 - sum1) + (sum2 * 4 + sum3))
  }
}

/// F(4, 3): 36 multiplications for 16 outputs where the direct sum takes 144.
enum WinogradF4: WinogradForm {
  @inline(__always) static var outputs: Int { 4 }

  @inline(__always)
  static func input(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (d0, d1, d2, d3, d4, d5) = (load(0), load(1), load(2), load(3), load(4), load(5))
    let four = Lanes(repeating: 4)
    let half = d4 - d2
    let third = d3 - d1
    let difference = third + third
    let even = d4 - four * d2
    let odd = d3 - four * d1
    store(0, half + four * (d0 - d2))
    store(1, even + odd)
    store(2, even - odd)
    store(3, half + difference)
    store(4, half - difference)
    store(5, (d5 - d3) - (difference + difference))
  }

  @inline(__always)
  static func output(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (p0, p1, p2, p3, p4, p5) = (load(0), load(1), load(2), load(3), load(4), load(5))
    let four = Lanes(repeating: 4)
    let sum12 = p1 + p2
    let difference12 = p1 - p2
    let sum34 = p3 + p4
    let difference34 = p3 - p4
    let twice = difference34 + difference34
    store(0, (p0 + sum12) + sum34)
    store(1, difference12 + twice)
    store(2, sum12 + four * sum34)
    store(3, (difference12 + p5) + four * twice)
  }

  @inline(__always)
  static func outputGradient(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (y0, y1, y2, y3) = (load(0), load(1), load(2), load(3))
    let four = Lanes(repeating: 4)
    let even = y0 + y2
    let odd = y1 + y3
    let evenScaled = y0 + four * y2
    let half = y1 + four * y3
    let oddScaled = half + half
    store(0, y0)
    store(1, even + odd)
    store(2, even - odd)
    store(3, evenScaled + oddScaled)
    store(4, evenScaled - oddScaled)
    store(5, y3)
  }

  @inline(__always)
  static func kernel(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (w0, w1, w2) = (load(0), load(1), load(2))
    let outer = (w0 + w2) * Lanes(repeating: -1 / 6)
    let middle = w1 * Lanes(repeating: 1 / 6)
    let outerScaled = w0 * Lanes(repeating: 1 / 24) + w2 * Lanes(repeating: 1 / 6)
    let middleScaled = w1 * Lanes(repeating: 1 / 12)
    store(0, w0 * Lanes(repeating: 0.25))
    store(1, outer - middle)
    store(2, outer + middle)
    store(3, outerScaled + middleScaled)
    store(4, outerScaled - middleScaled)
    store(5, w2)
  }

  @inline(__always)
  static func kernelGradient(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (p0, p1, p2, p3, p4, p5) = (load(0), load(1), load(2), load(3), load(4), load(5))
    let sixth = Lanes(repeating: 1 / 6)
    let sum12 = (p1 + p2) * sixth
    let sum34 = p3 + p4
    let difference12 = (p2 - p1) * sixth
    store(0, p0 * Lanes(repeating: 0.25) - sum12 + sum34 * Lanes(repeating: 1 / 24))
    store(1, difference12 + (p3 - p4) * Lanes(repeating: 1 / 12))
    store(2, sum34 * sixth - sum12 + p5)
  }
}

/// F(2, 3): 16 multiplications for 4 outputs where the direct sum takes 36; all constants are powers of two.
enum WinogradF2: WinogradForm {
  @inline(__always) static var outputs: Int { 2 }

  @inline(__always)
  static func input(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (d0, d1, d2, d3) = (load(0), load(1), load(2), load(3))
    store(0, d0 - d2)
    store(1, d1 + d2)
    store(2, d2 - d1)
    store(3, d1 - d3)
  }

  @inline(__always)
  static func output(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (p0, p1, p2, p3) = (load(0), load(1), load(2), load(3))
    store(0, p0 + p1 + p2)
    store(1, p1 - p2 - p3)
  }

  @inline(__always)
  static func outputGradient(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (y0, y1) = (load(0), load(1))
    store(0, y0)
    store(1, y0 + y1)
    store(2, y0 - y1)
    store(3, Lanes.zero - y1)
  }

  @inline(__always)
  static func kernel(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (w0, w1, w2) = (load(0), load(1), load(2))
    let half = Lanes(repeating: 0.5)
    let outer = (w0 + w2) * half
    let middle = w1 * half
    store(0, w0)
    store(1, outer + middle)
    store(2, outer - middle)
    store(3, w2)
  }

  @inline(__always)
  static func kernelGradient(_ load: (Int) -> Lanes, _ store: (Int, Lanes) -> Void) {
    let (p0, p1, p2, p3) = (load(0), load(1), load(2), load(3))
    let half = Lanes(repeating: 0.5)
    let sum = (p1 + p2) * half
    store(0, p0 + sum)
    store(1, (p1 - p2) * half)
    store(2, sum + p3)
  }
}
