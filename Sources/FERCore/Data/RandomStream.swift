/// The first key of every random stream in this room, so that no two uses share draws.
enum RandomStream {
  static let validation: UInt64 = 0xDA7A_0001
  static let order: UInt64 = 0xDA7A_0002
  static let image: UInt64 = 0xDA7A_0003
  static let mixup: UInt64 = 0xDA7A_0004
  static let drawnFace: UInt64 = 0xDA7A_0005
  static let sample: UInt64 = 0xDA7A_0006
}

extension SeededRandom {
  /// Fisher and Yates' shuffle as Durstenfeld 1964 wrote it.
  mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, integer(below: last + 1))
    }
  }
}
