import Foundation

/// Images with equal pixels: the same picture found twice, which FER-2013 has many of.
extension FaceDataset {
  /// The groups of two or more images with equal pixels, whatever their labels and splits: indices
  /// ascending, groups in the order of their first index.
  ///
  /// Images are sorted by a hash of their pixels and those of one hash compared byte by byte, so the
  /// answer is exact; 35,887 faces take some hundredths of a second.
  public func duplicateGroups() -> [[Int]] {
    let order = hashes().enumerated().sorted { ($0.element, $0.offset) < ($1.element, $1.offset) }
    var groups: [[Int]] = []
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, order[end].element == order[start].element { end += 1 }
      if end - start > 1 { groups += equalGroups(order[start..<end].map(\.offset)) }
      start = end
    }
    return groups.sorted { $0[0] < $1[0] }
  }

  /// Which of the images `indices` names have the same pixels as another image that `reference` names,
  /// in the order of `indices`. An image is no duplicate of itself.
  ///
  /// With `reference` the images a network was trained on this is what it has seen of `indices`.
  public func duplicates(of reference: [Int], among indices: [Int]) -> [Int] {
    var isReference = [Bool](repeating: false, count: count)
    for index in reference { isReference[index] = true }
    var isDuplicate = [Bool](repeating: false, count: count)
    for group in duplicateGroups() {
      let references = group.reduce(0) { $0 + (isReference[$1] ? 1 : 0) }
      for index in group { isDuplicate[index] = references > (isReference[index] ? 1 : 0) }
    }
    return indices.filter { isDuplicate[$0] }
  }

  /// Says whether two images have the same pixels.
  func samePixels(_ one: Int, _ other: Int) -> Bool {
    pixels.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return true }
      return memcmp(base + one * imageSize, base + other * imageSize, imageSize) == 0
    }
  }

  /// Parts images of one hash, in ascending order, by what they are; nearly always that is one group.
  private func equalGroups(_ indices: [Int]) -> [[Int]] {
    var groups: [[Int]] = []
    for index in indices {
      if let known = groups.firstIndex(where: { samePixels($0[0], index) }) {
        groups[known].append(index)
      } else {
        groups.append([index])
      }
    }
    return groups.filter { $0.count > 1 }
  }

  private func hashes() -> [UInt64] {
    pixels.withUnsafeBytes { bytes in
      (0..<count).map {
        Fingerprint.of(.init(rebasing: bytes[$0 * imageSize..<($0 + 1) * imageSize]))
      }
    }
  }
}

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
