import Testing

@testable import FERCore

@Suite struct DropTests {
  static let count = 3 * Kernels.elementGrain + 7

  /// The number dropped is binomial: within five standard deviations. What stays is scaled so that the mean stays.
  @Test(arguments: [0.1, 0.25, 0.3, 0.5, 0.9] as [Float]) func dropsItsShare(rate: Float) {
    let y = drop(Array(repeating: 1, count: Self.count), rate: rate, key: 5)
    let share = Double(y.count { $0 == 0 }) / Double(Self.count)
    let deviation = (Double(rate) * Double(1 - rate) / Double(Self.count)).squareRoot()
    #expect(abs(share - Double(rate)) < 5 * deviation)
    let kept = Set(y.filter { $0 != 0 })
    #expect(kept.count == 1)
    #expect(abs((kept.first ?? 0) * (1 - rate) - 1) < 1e-6)
  }

  @Test func theKeyAloneDecides() {
    var random = SeededRandom(seed: 80)
    let x = random.normals(Self.count)
    let first = drop(x, rate: 0.4, key: 1, threads: 1)
    #expect(drop(x, rate: 0.4, key: 1, threads: 3) == first)
    let other = drop(x, rate: 0.4, key: 2)
    let agreement = Double(zip(first, other).count { ($0 == 0) == ($1 == 0) }) / Double(Self.count)
    // Two independent masks agree with probability 0.4² + 0.6².
    #expect(abs(agreement - 0.52) < 0.02)
  }

  /// A gradient falls where its activation fell, whatever the values.
  @Test func anotherVectorLosesTheSameElements() {
    var random = SeededRandom(seed: 81)
    let forward = drop(random.normals(Self.count), rate: 0.4, key: 9)
    let backward = drop(random.normals(Self.count), rate: 0.4, key: 9)
    #expect(zip(forward, backward).allSatisfy { ($0 == 0) == ($1 == 0) })
  }

  @Test(arguments: [1, 2, 3, 4, 5, 7]) func shortVectors(count: Int) {
    let memory = GuardedFloats(Array(repeating: 1, count: count))
    Kernels.drop(
      TensorView(base: memory.base, shape: [count]), rate: 0.5, key: 3,
      into: MutableTensorView(base: memory.base, shape: [count]), pool: WorkerPool(threads: 1))
    #expect(memory.elements.allSatisfy { $0 == 0 || $0 == 2 })
    #expect(memory.isIntact)
  }

  /// Neighbours in a mask, and the same place in the masks of successive steps, are independent.
  @Test func masksAreUncorrelated() {
    let ones = Array(repeating: Float(1), count: Self.count)
    let mask = drop(ones, rate: 0.5, key: SeededRandom.combine(7, 1))
    let next = drop(ones, rate: 0.5, key: SeededRandom.combine(8, 1))
    for (a, b) in [
      (mask, Array(mask.dropFirst())), (mask, Array(mask.dropFirst(4))), (mask, next),
    ] {
      let pairs = Double(min(a.count, b.count))
      let agreement = Double(zip(a, b).count { ($0 == 0) == ($1 == 0) }) / pairs
      #expect(abs(agreement - 0.5) < 5 * (0.25 / pairs).squareRoot())
    }
  }

  private func drop(_ x: [Float], rate: Float, key: UInt64, threads: Int = 2) -> [Float] {
    let (source, target) = (GuardedFloats(x), GuardedFloats(count: x.count))
    Kernels.drop(
      TensorView(base: source.base, shape: [x.count]), rate: rate, key: key,
      into: MutableTensorView(base: target.base, shape: [x.count]),
      pool: WorkerPool(threads: threads))
    #expect(target.isIntact)
    return target.elements
  }
}
