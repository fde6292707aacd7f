import Foundation

/// xoshiro256++ (Blackman & Vigna 2021), seeded by SplitMix64: the same seed draws the same numbers
/// everywhere; of normal draws the last bit is the system's logarithm and cosine.
///
/// Nothing in FERCore draws from a global generator. Work that runs in parallel or is resumed takes a generator
/// `SeededRandom(seed, stream…)` of its own, keyed by what it is (epoch, image, layer), so the order of
/// execution never changes a draw.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  public init(seed: UInt64) {
    var mixer = seed
    state = (
      Self.splitMix(&mixer), Self.splitMix(&mixer), Self.splitMix(&mixer), Self.splitMix(&mixer)
    )
  }

  /// The generator of one stream: the seed mixed with what the stream is for.
  public init(seed: UInt64, _ stream: UInt64...) {
    self.init(seed: stream.reduce(seed, Self.combine))
  }

  /// A well-mixed key of two; not symmetric.
  public static func combine(_ key: UInt64, _ next: UInt64) -> UInt64 {
    var mixer = key ^ (next &* 0x9E37_79B9_7F4A_7C15)
    return splitMix(&mixer) ^ (key << 1)
  }

  public mutating func next() -> UInt64 {
    let result = Self.rotate(state.0 &+ state.3, 23) &+ state.0
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotate(state.3, 45)
    return result
  }

  /// Uniform in `0 ..< 1`, 24 bits.
  public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// Uniform in `low ..< high`.
  public mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * uniform()
  }

  /// Uniform in `0 ..< bound`, without modulo bias (Lemire 2019).
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0)
    return Int(next(upperBound: UInt64(bound)))
  }

  /// A draw from the standard normal distribution (Box & Muller 1958).
  public mutating func normal() -> Float {
    let radius = (-2 * Foundation.log(1 - Double(next() >> 11) * 0x1p-53)).squareRoot()
    let angle = 2 * Double.pi * Double(next() >> 11) * 0x1p-53
    return Float(radius * Foundation.cos(angle))
  }

  private static func splitMix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private static func rotate(_ x: UInt64, _ by: UInt64) -> UInt64 { (x << by) | (x >> (64 - by)) }
}
