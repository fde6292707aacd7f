/// The one-dimensional transforms of Winograd's F(4, 3) minimal filtering (Lavin & Gray 2016, §4.3), eight channels at
/// a time. A two-dimensional transform applies one to the columns, then to the rows.
enum WinogradTransforms {
  typealias Four = (Lanes, Lanes, Lanes, Lanes)
  typealias Six = (Lanes, Lanes, Lanes, Lanes, Lanes, Lanes)
  typealias Three = (Lanes, Lanes, Lanes)

  /// `Bᵀ d`: six input values.
  @inline(__always)
  static func input(_ d: Six) -> Six {
    let (d0, d1, d2, d3, d4, d5) = d
    let four = Lanes(repeating: 4)
    let minusFour = Lanes(repeating: -4)
    let minusFive = Lanes(repeating: -5)
    let two = Lanes(repeating: 2)
    var first = d4
    first.accumulate(minusFive, d2)
    first.accumulate(four, d0)
    var even = d4
    even.accumulate(minusFour, d2)
    var odd = d3
    odd.accumulate(minusFour, d1)
    let half = d4 - d2
    let difference = two * (d3 - d1)
    var last = d5
    last.accumulate(minusFive, d3)
    last.accumulate(four, d1)
    return (first, even + odd, even - odd, half + difference, half - difference, last)
  }

  /// `Aᵀ m`: four outputs from six products.
  @inline(__always)
  static func output(_ m: Six) -> Four {
    let (m0, m1, m2, m3, m4, m5) = m
    let sum12 = m1 + m2
    let difference12 = m1 - m2
    let sum34 = m3 + m4
    let difference34 = m3 - m4
    var y1 = difference12
    y1.accumulate(Lanes(repeating: 2), difference34)
    var y2 = sum12
    y2.accumulate(Lanes(repeating: 4), sum34)
    var y3 = difference12 + m5
    y3.accumulate(Lanes(repeating: 8), difference34)
    return (m0 + sum12 + sum34, y1, y2, y3)
  }

  /// `A y`: the transpose of `output`, for the weight gradient.
  @inline(__always)
  static func outputGradient(_ y: Four) -> Six {
    let (y0, y1, y2, y3) = y
    let even = y0 + y2
    let odd = y1 + y3
    var evenScaled = y0
    evenScaled.accumulate(Lanes(repeating: 4), y2)
    var oddScaled = y1 + y1
    oddScaled.accumulate(Lanes(repeating: 8), y3)
    return (y0, even + odd, even - odd, evenScaled + oddScaled, evenScaled - oddScaled, y3)
  }

  /// `G w`: six from three weights.
  @inline(__always)
  static func kernel(_ w: Three) -> Six {
    let (w0, w1, w2) = w
    let outer = (w0 + w2) * Lanes(repeating: -1 / 6)
    let middle = w1 * Lanes(repeating: 1 / 6)
    var outerScaled = w0 * Lanes(repeating: 1 / 24)
    outerScaled.accumulate(Lanes(repeating: 1 / 6), w2)
    let middleScaled = w1 * Lanes(repeating: 1 / 12)
    return (
      w0 * Lanes(repeating: 0.25), outer - middle, outer + middle, outerScaled + middleScaled,
      outerScaled - middleScaled, w2
    )
  }

  /// `Gᵀ m`: the transpose of `kernel`, for the weight gradient.
  @inline(__always)
  static func kernelGradient(_ m: Six) -> Three {
    let (m0, m1, m2, m3, m4, m5) = m
    let sum12 = (m1 + m2) * Lanes(repeating: -1 / 6)
    let sum34 = m3 + m4
    var w0 = sum12
    w0.accumulate(Lanes(repeating: 0.25), m0)
    w0.accumulate(Lanes(repeating: 1 / 24), sum34)
    var w1 = (m2 - m1) * Lanes(repeating: 1 / 6)
    w1.accumulate(Lanes(repeating: 1 / 12), m3 - m4)
    var w2 = sum12 + m5
    w2.accumulate(Lanes(repeating: 1 / 6), sum34)
    return (w0, w1, w2)
  }

  /// Six vectors of floats `step` apart.
  @inline(__always)
  static func six(at p: UnsafePointer<Float>, step: Int) -> Six {
    (
      Lanes(at: p), Lanes(at: p + step), Lanes(at: p + 2 * step), Lanes(at: p + 3 * step),
      Lanes(at: p + 4 * step), Lanes(at: p + 5 * step)
    )
  }

  /// Six vectors in a row.
  @inline(__always)
  static func six(at p: UnsafePointer<Lanes>) -> Six { (p[0], p[1], p[2], p[3], p[4], p[5]) }

  /// Stores six vectors of floats `step` apart.
  @inline(__always)
  static func store(_ t: Six, to p: UnsafeMutablePointer<Float>, step: Int) {
    t.0.store(to: p)
    t.1.store(to: p + step)
    t.2.store(to: p + 2 * step)
    t.3.store(to: p + 3 * step)
    t.4.store(to: p + 4 * step)
    t.5.store(to: p + 5 * step)
  }

  /// Keeps six vectors as a column of a scratch matrix with `step` columns.
  @inline(__always)
  static func store(_ t: Six, to p: UnsafeMutablePointer<Lanes>, step: Int) {
    p[0] = t.0
    p[step] = t.1
    p[2 * step] = t.2
    p[3 * step] = t.3
    p[4 * step] = t.4
    p[5 * step] = t.5
  }
}
