/// Floats between two guards, all filled with one particular not-a-number: a kernel that writes past its memory breaks a
/// guard, and one that reads what nobody wrote spreads the not-a-number into its result.
final class GuardedFloats {
  private static let guardCount = 64
  // A quiet not-a-number with a payload no arithmetic makes.
  private static let sentinel = Float(bitPattern: 0x7FC0_BEEF)

  private let memory: UnsafeMutablePointer<Float>
  let count: Int
  var base: UnsafeMutablePointer<Float> { memory + Self.guardCount }

  init(count: Int) {
    self.count = count
    memory = .allocate(capacity: count + 2 * Self.guardCount)
    memory.initialize(repeating: Self.sentinel, count: count + 2 * Self.guardCount)
  }

  convenience init(_ elements: [Float]) {
    self.init(count: elements.count)
    for (index, element) in elements.enumerated() { base[index] = element }
  }

  deinit { memory.deallocate() }

  var elements: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Nothing was written outside.
  var isIntact: Bool {
    (0..<Self.guardCount).allSatisfy {
      memory[$0].bitPattern == Self.sentinel.bitPattern
        && base[count + $0].bitPattern == Self.sentinel.bitPattern
    }
  }
}
