/// Eight vectors as the rows of a square, to be turned in registers.
struct LaneSquare {
  let r0, r1, r2, r3, r4, r5, r6, r7: Lanes

  @inline(__always)
  init(
    _ r0: Lanes, _ r1: Lanes, _ r2: Lanes, _ r3: Lanes, _ r4: Lanes, _ r5: Lanes, _ r6: Lanes,
    _ r7: Lanes
  ) {
    (self.r0, self.r1, self.r2, self.r3) = (r0, r1, r2, r3)
    (self.r4, self.r5, self.r6, self.r7) = (r4, r5, r6, r7)
  }

  @inline(__always)
  init(at source: UnsafePointer<Float>, step: Int) {
    self.init(
      Lanes(at: source), Lanes(at: source + step), Lanes(at: source + 2 * step),
      Lanes(at: source + 3 * step), Lanes(at: source + 4 * step), Lanes(at: source + 5 * step),
      Lanes(at: source + 6 * step), Lanes(at: source + 7 * step))
  }

  /// Stores the columns, `step` apart, in order: with a step below eight each overwrites the end of the one before.
  @inline(__always)
  func storeTurned(to target: UnsafeMutablePointer<Float>, step: Int) {
    // Elements of two rows side by side, then pairs of those, then halves: eight shuffles each.
    let (a0, a1) = (r0.interleavedLow(r1), r0.interleavedHigh(r1))
    let (a2, a3) = (r2.interleavedLow(r3), r2.interleavedHigh(r3))
    let (a4, a5) = (r4.interleavedLow(r5), r4.interleavedHigh(r5))
    let (a6, a7) = (r6.interleavedLow(r7), r6.interleavedHigh(r7))
    let (b0, b1) = (a0.pairedLow(a2), a0.pairedHigh(a2))
    let (b2, b3) = (a1.pairedLow(a3), a1.pairedHigh(a3))
    let (b4, b5) = (a4.pairedLow(a6), a4.pairedHigh(a6))
    let (b6, b7) = (a5.pairedLow(a7), a5.pairedHigh(a7))
    Lanes(lowHalf: b0.lowHalf, highHalf: b4.lowHalf).store(to: target)
    Lanes(lowHalf: b1.lowHalf, highHalf: b5.lowHalf).store(to: target + step)
    Lanes(lowHalf: b2.lowHalf, highHalf: b6.lowHalf).store(to: target + 2 * step)
    Lanes(lowHalf: b3.lowHalf, highHalf: b7.lowHalf).store(to: target + 3 * step)
    Lanes(lowHalf: b0.highHalf, highHalf: b4.highHalf).store(to: target + 4 * step)
    Lanes(lowHalf: b1.highHalf, highHalf: b5.highHalf).store(to: target + 5 * step)
    Lanes(lowHalf: b2.highHalf, highHalf: b6.highHalf).store(to: target + 6 * step)
    Lanes(lowHalf: b3.highHalf, highHalf: b7.highHalf).store(to: target + 7 * step)
  }
}

/// Shuffles inside each half of a register, as the instructions have them.
extension SIMD8<Float> {
  @inline(__always)
  fileprivate func interleavedLow(_ other: Self) -> Self {
    Self(self[0], other[0], self[1], other[1], self[4], other[4], self[5], other[5])
  }

  @inline(__always)
  fileprivate func interleavedHigh(_ other: Self) -> Self {
    Self(self[2], other[2], self[3], other[3], self[6], other[6], self[7], other[7])
  }

  @inline(__always)
  fileprivate func pairedLow(_ other: Self) -> Self {
    Self(self[0], self[1], other[0], other[1], self[4], self[5], other[4], other[5])
  }

  @inline(__always)
  fileprivate func pairedHigh(_ other: Self) -> Self {
    Self(self[2], self[3], other[2], other[3], self[6], self[7], other[6], other[7])
  }
}
