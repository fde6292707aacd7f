import Testing

@testable import FERCore

@Suite struct GrayResamplingTests {
  private static func resized(
    _ pixels: [UInt8], _ from: GrayResampling.Size, _ to: GrayResampling.Size
  ) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: to.height * to.width)
    GrayResampling(from: from, to: to).apply(pixels, into: &result)
    return result
  }

  @Test func theSameSizeIsTheSameImage() {
    var random = SeededRandom(seed: 1)
    let pixels = (0..<7 * 9).map { _ in UInt8(random.integer(below: 256)) }
    #expect(Self.resized(pixels, (7, 9), (7, 9)) == pixels)
  }

  @Test func aConstantStaysOne() {
    for target in [1, 2, 5, 17, 64] {
      let found = Self.resized([UInt8](repeating: 77, count: 48 * 48), (48, 48), (target, target))
      #expect(Set(found) == [77])
    }
  }

  /// Growing is linear between pixel centres, held at the border: Double, straight from the formula.
  @Test(arguments: [(48, 64), (5, 13), (3, 4)])
  func growingIsBilinear(side: Int, target: Int) {
    var random = SeededRandom(seed: 2)
    let pixels = (0..<side * side).map { _ in UInt8(random.integer(below: 256)) }
    func at(_ y: Int, _ x: Int) -> Double {
      Double(pixels[min(max(y, 0), side - 1) * side + min(max(x, 0), side - 1)])
    }
    let found = Self.resized(pixels, (side, side), (target, target))
    for y in 0..<target {
      for x in 0..<target {
        let v = (Double(y) + 0.5) * Double(side) / Double(target) - 0.5
        let u = (Double(x) + 0.5) * Double(side) / Double(target) - 0.5
        let (y0, x0) = (Int(v.rounded(.down)), Int(u.rounded(.down)))
        let (b, a) = (v - Double(y0), u - Double(x0))
        let expected =
          (1 - b) * ((1 - a) * at(y0, x0) + a * at(y0, x0 + 1))
          + b * ((1 - a) * at(y0 + 1, x0) + a * at(y0 + 1, x0 + 1))
        #expect(abs(Double(found[y * target + x]) - expected) < 0.51)
      }
    }
  }

  /// Shrinking averages: the mean stays, and a checkerboard becomes gray instead of whichever pixel is met.
  @Test func shrinkingAverages() {
    let board = (0..<48 * 48).map { UInt8(($0 / 48 + $0 % 48) % 2 == 0 ? 0 : 200) }
    let found = Self.resized(board, (48, 48), (12, 12))
    #expect(found.allSatisfy { abs(Int($0) - 100) <= 5 }, "\(found)")
  }

  @Test func aDataSetKeepsWhatItIs() {
    let dataset = FaceDataset(
      side: 2, pixels: [0, 0, 0, 0, 255, 255, 255, 255], labels: [1, 0],
      splits: [.training, .privateTest], classNames: ["a", "b"])
    let larger = dataset.resized(side: 4)
    #expect(larger.side == 4 && larger.labels == [1, 0] && larger.splits == dataset.splits)
    #expect(larger.image(1) == [UInt8](repeating: 255, count: 16))
    #expect(dataset.images([1], height: 1, width: 3) == [255, 255, 255])
  }
}
