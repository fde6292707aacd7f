/// A 64-bit hash of bytes, the same on every machine: Fowler, Noll and Vo's multiply and xor, on eight
/// bytes at a time and with the high bits folded down, which multiplication alone does not do.
enum Fingerprint {
  static let start: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a's offset basis

  static func of(_ bytes: UnsafeRawBufferPointer, from start: UInt64 = start) -> UInt64 {
    var hash = start
    var position = 0
    while position + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      hash = mixed(hash, UInt64(littleEndian: word))
      position += 8
    }
    while position < bytes.count {
      hash = mixed(hash, UInt64(bytes[position]))
      position += 1
    }
    return hash
  }

  /// 16 hexadecimal digits.
  static func text(of hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  @inline(__always)
  static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
    return product ^ (product >> 29)
  }
}

extension FaceDataset {
  /// 16 hexadecimal digits that follow from all pixels, labels and splits in their order: what data are these?
  public var fingerprint: String { Fingerprint.text(of: hash) }

  /// The fingerprint as a number.
  var hash: UInt64 {
    var hash = Fingerprint.mixed(Fingerprint.start, UInt64(side))
    hash = Fingerprint.mixed(hash, UInt64(count))
    hash = pixels.withUnsafeBytes { Fingerprint.of($0, from: hash) }
    hash = labels.withUnsafeBytes { Fingerprint.of($0, from: hash) }
    for split in splits { hash = Fingerprint.mixed(hash, UInt64(split.rawValue)) }
    for name in classNames {
      hash = Array(name.utf8).withUnsafeBytes { Fingerprint.of($0, from: hash) }
    }
    return hash
  }
}
