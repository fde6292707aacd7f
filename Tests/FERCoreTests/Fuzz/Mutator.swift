import FERCore
import Foundation

/// Damages files at random, from a seed: the same number damages the same way.
struct Mutator {
  private var random: SeededRandom
  /// What sits on the edges of formats: numbers, separators, sizes.
  private let tokens: [[UInt8]]

  init(seed: UInt64, tokens: [[UInt8]]) {
    random = SeededRandom(seed: seed, 0xF022)
    self.tokens = tokens
  }

  static let tableTokens = [
    "256", "-1", "\0", "\"", ",", ",,", "\n", "\r\n", " ", "999999999999999999999999", "NaN", "1e9",
    "\u{FEFF}", "emotion", "pixels", "Usage", "Training", "PublicTest", "0x10", "\t", "٣", "\"\"",
  ].map { Array($0.utf8) }

  static let imageTokens: [[UInt8]] = [
    [0xFF], [0], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0], [0x80, 0, 0, 0],
    [0xFF, 0xD8], [0xFF, 0xD9], [0xFF, 0xC0], [0xFF, 0xDA], Array("IHDR".utf8), Array("IDAT".utf8),
    Array("RIFF".utf8), Array("VP8 ".utf8), Array("VP8L".utf8), Array("BM".utf8),
    [0x49, 0x49, 0x2A, 0],
  ]

  /// `original` with one to eight changes.
  mutating func mutate(_ original: [UInt8], among corpus: [[UInt8]]) -> [UInt8] {
    var bytes = original
    for _ in 0...random.integer(below: 8) { change(&bytes, corpus) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ corpus: [[UInt8]]) {
    guard !bytes.isEmpty else {
      bytes = tokens[random.integer(below: tokens.count)]
      return
    }
    // Headers are where formats break: half of all changes are near the start.
    let reach = random.integer(below: 2) == 0 ? min(bytes.count, 64) : bytes.count
    let place = random.integer(below: reach)
    let length = min(bytes.count - place, 1 + random.integer(below: 1 << random.integer(below: 12)))
    switch random.integer(below: 9) {
    case 0: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case 1: bytes[place] = UInt8(random.integer(below: 256))
    case 2: bytes.removeSubrange(place..<place + length)
    case 3: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
    case 4: bytes.insert(contentsOf: tokens[random.integer(below: tokens.count)], at: place)
    case 5:
      let token = tokens[random.integer(below: tokens.count)]
      bytes.replaceSubrange(place..<min(bytes.count, place + token.count), with: token)
    case 6: bytes.removeSubrange(place...)
    case 7:
      let other = corpus[random.integer(below: corpus.count)]
      let from = random.integer(below: other.count)
      bytes.replaceSubrange(place..., with: other[from...])
    default:
      let value = UInt8(random.integer(below: 256))
      for index in place..<place + length { bytes[index] = value }
    }
    if bytes.count > 1 << 20 { bytes.removeSubrange((1 << 20)...) }
  }
}
