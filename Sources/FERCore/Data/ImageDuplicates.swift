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
