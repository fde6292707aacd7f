import FERCore
import Foundation

/// Damages HDF5 files where their structure is: weights are most of a model file, and harmless.
struct ModelMutator {
  /// A file and the places in it that hold structure.
  struct Original {
    let name: String
    let bytes: [UInt8]
    /// Where signatures of HDF5's structures stand.
    let structures: [Int]
    /// Where texts begin: configurations and lists of names.
    let texts: [Range<Int>]

    init(_ file: URL) throws {
      let bytes = [UInt8](try Data(contentsOf: file))
      name = file.lastPathComponent
      self.bytes = bytes
      structures = ModelMutator.signatures.flatMap { ModelMutator.places(of: $0, in: bytes) }
      texts = ModelMutator.places(of: Array("class_name".utf8), in: bytes).prefix(1).map {
        $0..<min(bytes.count, $0 + 16384)
      }
    }
  }

  /// The signatures of "HDF5 File Format Specification 3.0": superblock, B-trees, symbol tables, heaps, object headers.
  static let signatures = [
    "\u{89}HDF", "TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK", "BTHD", "BTLF", "BTIN", "FRHP",
    "FHDB", "FHIB", "FSHD", "SMTB", "SMLI", "FADB", "FAHD", "EAHD", "EADB", "EASB",
  ].map { text in text.unicodeScalars.map { UInt8($0.value) } }

  /// Names and numbers that a configuration takes badly.
  static let textTokens = [
    "-1", "0", "99999999", "1e308", "1e18", "null", "true", "[]", "{}", "[[", "\"", ",", ":",
    "\\u0000",
    "\"Conv2D\"", "\"Add\"", "\"Functional\"", "\"Sequential\"", "\"class_name\"", "\"config\"",
    "\"inbound_nodes\"", "\"units\":4294967296", "[null,65536,65536,4096]", "😀",
  ].map { Array($0.utf8) }

  private var random: SeededRandom
  private var general: Mutator

  init(seed: UInt64) {
    random = SeededRandom(seed: seed, 0x4D0D)
    general = Mutator(seed: seed, tokens: Mutator.imageTokens)
  }

  /// One to six changes; one file in eight is damaged without regard to what it is.
  mutating func mutate(_ original: Original, among corpus: [Original]) -> [UInt8] {
    if random.integer(below: 8) == 0, original.bytes.count < 1 << 19 {
      return general.mutate(original.bytes, among: [original.bytes])
    }
    var bytes = original.bytes
    for _ in 0...random.integer(below: 6) { change(&bytes, original, corpus) }
    if random.integer(below: 16) == 0 { bytes.removeLast(random.integer(below: bytes.count)) }
    return bytes
  }

  private mutating func change(
    _ bytes: inout [UInt8], _ original: Original, _ corpus: [Original]
  ) {
    if let text = original.texts.first, random.integer(below: 4) == 0 {
      return changeText(&bytes, text)
    }
    let place = structure(in: original)
    switch random.integer(below: 8) {
    case 0, 1: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case 2: bytes[place] = UInt8(random.integer(below: 256))
    case 3: bytes[place] = random.element(of: [0, 1, 0x7F, 0x80, 0xFF])
    case 4, 5:
      // Sizes and addresses; others of this file too, so that structures meet or turn in circles.
      put(number(original), width: 8, at: place & ~7, &bytes)
    case 6: put(number(original), width: random.element(of: [2, 4]), at: place & ~1, &bytes)
    default:
      let source = structure(in: original)
      let count = min(1 + random.integer(below: 64), bytes.count - max(place, source))
      for index in 0..<max(0, count) { bytes[place + index] = original.bytes[source + index] }
    }
  }

  private mutating func structure(in original: Original) -> Int {
    let last = original.bytes.count - 1
    if random.integer(below: 4) == 0 || original.structures.isEmpty {
      // Object headers of the old form bear no signature; they lie between the others.
      return random.integer(below: min(last, 1 << 15) + 1)
    }
    let start = random.element(of: original.structures)
    return min(last, start + random.integer(below: random.element(of: [16, 64, 512])))
  }

  private mutating func number(_ original: Original) -> UInt64 {
    switch random.integer(below: 8) {
    case 0: 0
    case 1: .max
    case 2: UInt64(original.bytes.count)
    case 3: 1 << UInt64(random.integer(below: 64))
    case 4: (1 << UInt64(random.integer(below: 64))) &- 1
    case 5: UInt64(random.integer(below: 300))
    default:
      original.structures.isEmpty ? 8 : UInt64(random.element(of: original.structures))
    }
  }

  private func put(_ value: UInt64, width: Int, at place: Int, _ bytes: inout [UInt8]) {
    for index in 0..<width where place + index < bytes.count {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }

  /// Names are exchanged and digits changed without moving anything.
  private mutating func changeText(_ bytes: inout [UInt8], _ text: Range<Int>) {
    let quotes = text.filter { bytes[$0] == 0x22 }
    switch random.integer(below: 3) {
    case 0 where quotes.count > 4:
      let words = zip(quotes, quotes.dropFirst()).map { $0 + 1..<$1 }.filter { $0.count < 40 }
      let from = random.element(of: words)
      let to = random.element(of: words.filter { $0.count == from.count })
      for (source, target) in zip(from, to) { bytes[target] = bytes[source] }
    case 1:
      let digits = text.filter { (0x30...0x39).contains(bytes[$0]) }
      guard !digits.isEmpty else { return }
      for _ in 0...random.integer(below: 3) {
        bytes[random.element(of: digits)] = 0x30 + UInt8(random.integer(below: 10))
      }
    default:
      let token = random.element(of: Self.textTokens)
      let place = text.lowerBound + random.integer(below: text.count)
      for (index, byte) in token.enumerated() where place + index < text.upperBound {
        bytes[place + index] = byte
      }
    }
  }

  private static func places(of pattern: [UInt8], in bytes: [UInt8]) -> [Int] {
    guard let first = pattern.first, bytes.count >= pattern.count else { return [] }
    return (0...bytes.count - pattern.count).filter {
      bytes[$0] == first && bytes[$0..<$0 + pattern.count].elementsEqual(pattern)
    }
  }
}
