extension SIMD8<Float> {
  /// `eˣ` in each lane. Relative error below 2e-7; underflows to 0 below -87.3, saturates above 88.3.
  @inline(__always)
  func exponential() -> Self {
    let (r, p, power) = exponentialParts()
    let result = (r + Self(repeating: 1)).adding(p, r * r)
    let answer = (result * power).replacing(with: 0, where: self .< Self(repeating: -87.3))
    // Not a number has no exponent to build: it passes through.
    return answer.replacing(with: self, where: self .!= self)
  }

  /// `eˣ - 1` in each lane, as `2ⁿ (eʳ - 1) + (2ⁿ - 1)`: near zero n is 0 and no digit is lost. Relative error below 1.5e-7
  /// up to 88.3, where it saturates.
  @inline(__always)
  func exponentialMinusOne() -> Self {
    let (r, p, power) = exponentialParts()
    return (power - Self(repeating: 1)).adding(r.adding(p, r * r), power)
  }

  /// r, p and 2ⁿ with x = n·ln 2 + r, |r| ≤ ln 2 / 2, and eʳ = 1 + r + p r²: a polynomial of degree 6 (Cephes' expf,
  /// Moshier 1989), and 2ⁿ by the exponent bits, for x from -87.3 to 88.3 and those ends beyond. Not a number stays so in r.
  @inline(__always)
  private func exponentialParts() -> (r: Self, p: Self, power: Self) {
    let clamped = atLeast(Self(repeating: -87.3)).atMost(Self(repeating: 88.3))
    // Adding 1.5 · 2²³ leaves the nearest integer in the low bits of the sum.
    let magic = Self(repeating: 12_582_912)
    let shifted = magic.adding(clamped, Self(repeating: 1.442_695_04))
    let n = shifted - magic
    var r = clamped
    r.accumulate(n, Self(repeating: -0.693_359_375))
    r.accumulate(n, Self(repeating: 2.121_944_4e-4))
    var p = Self(repeating: 1.987_569_15e-4)
    p = Self(repeating: 1.398_199_95e-3).adding(p, r)
    p = Self(repeating: 8.333_451_9e-3).adding(p, r)
    p = Self(repeating: 4.166_579_6e-2).adding(p, r)
    p = Self(repeating: 1.666_666_55e-1).adding(p, r)
    p = Self(repeating: 0.5).adding(p, r)
    let exponent =
      unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- unsafeBitCast(magic, to: SIMD8<Int32>.self)
    let power = unsafeBitCast(
      (exponent &+ SIMD8<Int32>(repeating: 127)) &<< SIMD8<Int32>(repeating: 23), to: Self.self)
    return (r, p, power)
  }

  @inline(__always)
  func atMost(_ ceiling: Self) -> Self { replacing(with: ceiling, where: self .> ceiling) }

  @inline(__always)
  func adding(_ a: Self, _ b: Self) -> Self {
    var result = self
    result.accumulate(a, b)
    return result
  }

  @inline(__always)
  func sigmoid() -> Self {
    Self(repeating: 1) / (Self(repeating: 1) + (-self).exponential())
  }

  /// `tanh` by way of the exponential of the magnitude, which cannot overflow.
  @inline(__always)
  func hyperbolicTangent() -> Self {
    let magnitude = replacing(with: -self, where: self .< 0)
    let e = (magnitude * Self(repeating: -2)).exponential()
    let large = (Self(repeating: 1) - e) / (Self(repeating: 1) + e)
    // Near zero the difference above loses digits; there the series is exact to rounding.
    let square = self * self
    let series =
      self
      * (Self(repeating: 1).adding(
        square,
        Self(repeating: -1.0 / 3).adding(
          square, Self(repeating: 2.0 / 15).adding(square, Self(repeating: -17.0 / 315)))))
    let signed = large.replacing(with: -large, where: self .< 0)
    return signed.replacing(with: series, where: magnitude .< Self(repeating: 0.1))
  }
}
