/// The one-dimensional transforms of Winograd's F(4, 3) minimal filtering (Lavin & Gray 2016, §4.3), eight channels at
/// a time. A two-dimensional transform applies one to the columns, then to the rows.
enum WinogradTransforms {
  typealias Four = (Lanes, Lanes, Lanes, Lanes)
  typealias Six = (Lanes, Lanes, Lanes, Lanes, Lanes, Lanes)
  typealias Three = (Lanes, Lanes, Lanes)

  /// `Bᵀ d`: six input values.
  @inline(__always)
  static func input(
    _ d0: Lanes, _ d1: Lanes, _ d2: Lanes, _ d3: Lanes, _ d4: Lanes, _ d5: Lanes
  ) -> Six {
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
  static func output(
    _ m0: Lanes, _ m1: Lanes, _ m2: Lanes, _ m3: Lanes, _ m4: Lanes, _ m5: Lanes
  ) -> Four {
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
  static func outputGradient(_ y0: Lanes, _ y1: Lanes, _ y2: Lanes, _ y3: Lanes) -> Six {
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
  static func kernel(_ w0: Lanes, _ w1: Lanes, _ w2: Lanes) -> Six {
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
  static func kernelGradient(
    _ m0: Lanes, _ m1: Lanes, _ m2: Lanes, _ m3: Lanes, _ m4: Lanes, _ m5: Lanes
  ) -> Three {
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
}
