/// Less than a vector at the end of a row: a four, a two and a one, as the bits of the count say.
extension SIMD8<Float> {
  /// Overwrites eight floats, or `count` if that is fewer, or none.
  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>, count: Int) {
    if count >= 8 { store(to: pointer) } else if count > 0 { storePart(to: pointer, count: count) }
  }

  /// Reads eight floats, or `count` if that is fewer, or none; the other lanes are zero.
  @inline(__always)
  init(at pointer: UnsafePointer<Float>, count: Int) {
    if count >= 8 {
      self.init(at: pointer)
    } else if count > 0 {
      self.init(partAt: pointer, count: count)
    } else {
      self = .zero
    }
  }

  @inline(__always)
  private func storePart(to pointer: UnsafeMutablePointer<Float>, count: Int) {
    var target = UnsafeMutableRawPointer(pointer)
    var four = lowHalf
    if count & 4 != 0 {
      target.storeBytes(of: four, as: SIMD4<Float>.self)
      four = highHalf
      target += 16
    }
    var two = four.lowHalf
    if count & 2 != 0 {
      target.storeBytes(of: two, as: SIMD2<Float>.self)
      two = four.highHalf
      target += 8
    }
    if count & 1 != 0 { target.storeBytes(of: two.x, as: Float.self) }
  }

  @inline(__always)
  private init(partAt pointer: UnsafePointer<Float>, count: Int) {
    let source = UnsafeRawPointer(pointer)
    // From behind: the one, in front of it the two, in front of that the four.
    let one = SIMD2<Float>(count & 1 != 0 ? pointer[count & 6] : 0, 0)
    var four = SIMD4(lowHalf: one, highHalf: .zero)
    if count & 2 != 0 {
      four = SIMD4(
        lowHalf: source.loadUnaligned(fromByteOffset: (count & 4) * 4, as: SIMD2<Float>.self),
        highHalf: one)
    }
    if count & 4 != 0 {
      self.init(lowHalf: source.loadUnaligned(as: SIMD4<Float>.self), highHalf: four)
    } else {
      self.init(lowHalf: four, highHalf: .zero)
    }
  }
}
