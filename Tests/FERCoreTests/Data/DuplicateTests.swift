import Foundation
import Testing

@testable import FERCore

/// Copies, blanks and pixel statistics, against plain searches and sums by hand.
@Suite struct DuplicateTests {
  /// Faces of `side` by `side` pixels drawn from few pictures, so that many are equal.
  private func faces(count: Int, pictures: Int, side: Int, seed: UInt64) -> FaceDataset {
    var random = SeededRandom(seed: seed)
    let all = (0..<pictures).map { _ in
      (0..<side * side).map { _ in UInt8(random.integer(below: 256)) }
    }
    let chosen = (0..<count).map { _ in random.integer(below: pictures) }
    return FaceDataset(
      side: side, pixels: chosen.flatMap { all[$0] },
      labels: (0..<count).map { _ in UInt8(random.integer(below: 2)) },
      splits: (0..<count).map { _ in FaceDataset.Split.allCases[random.integer(below: 3)] })
  }

  /// One-pixel faces.
  private func faces(_ pixels: [UInt8], labels: [UInt8], splits: String) -> FaceDataset {
    FaceDataset(
      side: 1, pixels: pixels, labels: labels,
      splits: splits.map { $0 == "t" ? .training : $0 == "p" ? .publicTest : .privateTest })
  }

  @Test(arguments: [1, 3, 7, 8, 9])
  func groupsAreThoseOfAComparisonOfAllWithAll(side: Int) {
    for seed in 1...5 as ClosedRange<UInt64> {
      let faces = faces(count: 60, pictures: 40, side: side, seed: seed)
      var expected: [[Int]] = []
      var seen: Set<Int> = []
      for index in 0..<60 where seen.insert(index).inserted {
        let equal = (index..<60).filter { faces.image($0) == faces.image(index) }
        seen.formUnion(equal)
        if equal.count > 1 { expected.append(equal) }
      }
      #expect(faces.duplicateGroups() == expected)
      let reference = faces.indices(of: .training)
      let among = Array(stride(from: 59, through: 0, by: -2))
      let copies = among.filter { index in
        reference.contains { $0 != index && faces.image($0) == faces.image(index) }
      }
      #expect(faces.duplicates(of: reference, among: among) == copies)
    }
  }

  @Test func anImageOfOtherBytesIsNoDuplicateThoughOneBitDiffers() {
    var image = [UInt8](repeating: 7, count: 48 * 48)
    var pixels = image
    for place in [0, 1, 1151, 2303] {
      image[place] ^= 1
      pixels += image
      image[place] ^= 1
    }
    let faces = FaceDataset(
      pixels: pixels, labels: [0, 0, 0, 0, 0], splits: .init(repeating: .training, count: 5))
    #expect(faces.duplicateGroups() == [])
  }

  @Test func theReportCountsCopiesWithinAndAcross() {
    // Pictures 1 (five times, two labels), 2 (twice, in PrivateTest), 3 (train and private), 4, 5.
    let faces = faces(
      [1, 1, 1, 2, 3, 1, 4, 2, 1, 3, 5], labels: [0, 0, 0, 1, 2, 0, 3, 1, 6, 2, 4],
      splits: "tttvtppvvvt")
    let report = DuplicateReport(faces)
    #expect(report.groups == [[0, 1, 2, 5, 8], [3, 7], [4, 9]])
    #expect(report.copyCount == 6)
    #expect(report.copiesWithin == [2, 0, 1])
    #expect(
      report.shared == [
        .init(first: .training, second: .publicTest, firstCount: 3, secondCount: 1),
        .init(first: .training, second: .privateTest, firstCount: 4, secondCount: 2),
        .init(first: .publicTest, second: .privateTest, firstCount: 1, secondCount: 1),
      ])
    #expect(report.disagreeing == [0] && report.disagreeingImageCount == 5)
    #expect(faces.duplicates(of: [0, 4], among: [0, 4, 9, 10, 8]) == [9, 8])
    #expect(faces.duplicates(of: [0, 1], among: [0, 1, 2, 3]) == [0, 1, 2])
  }

  @Test func meanAndDeviationAreTheSumsByHand() throws {
    let faces = FaceDataset(
      side: 2, pixels: [0, 10, 20, 30, 255, 255, 255, 255, 1, 1, 1, 2], labels: [0, 1, 2],
      splits: [.training, .training, .publicTest])
    let training = try #require(faces.pixelStatistics(of: .training))
    #expect(training.mean == 135)
    // Squares about 135: 18225 + 15625 + 13225 + 11025 + 4 * 14400 = 115700, over 8.
    #expect(abs(training.standardDeviation - 14462.5.squareRoot()) < 1e-9)
    #expect(faces.pixelStatistics(of: .privateTest) == nil)
    #expect(try #require(faces.pixelStatistics()).mean == 1085.0 / 12)
  }

  @Test func blanksAreFlatOrNearlySo() {
    let flat = [UInt8](repeating: 200, count: 16)
    let wall = (0..<16).map { UInt8(100 + $0 % 2 * 9) }  // deviation 4.5
    let dark = (0..<16).map { UInt8($0 % 2 * 11) }  // deviation 5.5
    let faces = FaceDataset(
      side: 4, pixels: dark + flat + wall, labels: [0, 0, 0],
      splits: .init(repeating: .training, count: 3))
    #expect(faces.blankImages() == [1, 2])
  }

  @Test func aDataSetWithoutImagesHasNothing() {
    let none = FaceDataset(pixels: [], labels: [], splits: [])
    #expect(none.duplicateGroups() == [] && none.blankImages() == [])
    #expect(DuplicateReport(none).copyCount == 0 && none.pixelStatistics() == nil)
  }
}
