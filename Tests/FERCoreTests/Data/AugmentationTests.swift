import Foundation
import Testing

@testable import FERCore

@Suite struct AugmentationTests {
  /// A smooth 48 x 48 picture with an edge in it.
  private let picture: [UInt8] = (0..<48 * 48).map { index in
    let (x, y) = (Double(index % 48), Double(index / 48))
    return UInt8(127 + 80 * sin(x / 5) * cos(y / 7) + (x + y > 50 ? 40 : -40))
  }

  private func vary(
    _ augmentation: Augmentation, seed: UInt64 = 1, side: Int = 48
  ) -> (pixels: [Float], variation: ImageVariation) {
    var random = SeededRandom(seed: seed)
    let variation = ImageVariation(
      augmentation, side: side, outputSide: side, random: &random)
    var output = [Float](repeating: -1, count: side * side)
    variation.apply(
      to: picture, side: side, into: &output, outputSide: side, random: &random)
    return (output, variation)
  }

  /// Forward composition in Double, inverted by hand: mirror, turn, scale about the centre, shift.
  private func reference(
    flips: Bool, angle: Double, zoom: Double, shift: (x: Double, y: Double)
  ) -> [Double] {
    let side = 48
    let centre = Double(side - 1) / 2
    func pixel(_ x: Int, _ y: Int) -> Double {
      Double(picture[min(max(y, 0), side - 1) * side + min(max(x, 0), side - 1)])
    }
    return (0..<side * side).map { index in
      let u = (Double(index % side) - centre - shift.x) / zoom
      let v = (Double(index / side) - centre - shift.y) / zoom
      // Undo the turn, then the mirror.
      var x = cos(angle) * u + sin(angle) * v
      let y = -sin(angle) * u + cos(angle) * v
      if flips { x = -x }
      let (left, top) = (floor(x + centre), floor(y + centre))
      let (partX, partY) = (x + centre - left, y + centre - top)
      let (i, j) = (Int(left), Int(top))
      return (pixel(i, j) * (1 - partX) + pixel(i + 1, j) * partX) * (1 - partY)
        + (pixel(i, j + 1) * (1 - partX) + pixel(i + 1, j + 1) * partX) * partY
    }
  }

  @Test(arguments: [
    (false, 0.0, 1.0, 0.0, 0.0), (true, 0, 1, 0, 0), (false, 0, 1, 3, -2), (false, 0.3, 1, 0, 0),
    (true, -0.26, 0.82, 4, 4), (false, 0.1, 1.18, -3.7, 0.2), (true, 3.0, 0.5, 10, -20),
  ])
  func oneMapIsMirrorTurnScaleAndShift(
    flips: Bool, angle: Double, zoom: Double, shiftX: Double, shiftY: Double
  ) {
    let map = AffineMap(
      side: 48, flips: flips, angle: Float(angle), zoom: Float(zoom),
      shift: (Float(shiftX), Float(shiftY)))
    var output = [Float](repeating: -1, count: 48 * 48)
    map.sample(picture, side: 48, into: &output, outputSide: 48)
    let expected = reference(flips: flips, angle: angle, zoom: zoom, shift: (shiftX, shiftY))
    // Places carry an error near 50 ulp of 48 (2e-4 px at worst), gradients reach 100 levels a
    // pixel.
    let worst = zip(output, expected).map { abs(Double($0) - $1) }.max() ?? 0
    #expect(worst < 1e-2)
  }

  @Test func noneCopiesAndAFlipMirrorsExactly() {
    #expect(vary(.none).pixels == picture.map(Float.init))
    var flip = Augmentation.none
    flip.horizontalFlip = 1
    let mirrored = (0..<48 * 48).map { Float(picture[$0 / 48 * 48 + 47 - $0 % 48]) }
    #expect(vary(flip).pixels == mirrored)
  }

  @Test func aCropStaysInsideTheImage() throws {
    var crop = Augmentation.none
    crop.cropPixels = 40
    for seed in 0..<200 {
      let map = try #require(vary(crop, seed: UInt64(seed)).variation.map)
      // Pixel centres: a cut of 40 starts between -0.5 + 0.4 and 8 - 0.5 + 0.4… of the source.
      let (first, last) = (map.x0, map.xx * 47 + map.x0)
      #expect(first > -0.2 && last < 47.2)
      #expect(abs((last - first) - 47 * 40 / 48) < 1e-3)
    }
  }

  @Test func lightScalesAboutTheMeanAndIsClamped() {
    var light = Augmentation.none
    light.brightness = 0.2
    light.contrast = 0.5
    let (pixels, variation) = vary(light, seed: 5)
    let mean = picture.reduce(0.0) { $0 + Double($1) } / 2304
    for (pixel, source) in zip(pixels, picture) {
      let value =
        (Double(source) - mean) * Double(variation.contrast) + mean + Double(variation.brightness)
      #expect(abs(Double(pixel) - min(max(value, 0), 255)) < 1e-2)
    }
  }

  @Test func erasingReplacesARectangleOfTheAskedArea() throws {
    var erasing = Augmentation.none
    erasing.erasing = 1
    for seed in 0..<100 {
      let (pixels, variation) = vary(erasing, seed: UInt64(seed))
      let erased = try #require(variation.erased)
      let area = Double(erased.width * erased.height) / 2304
      #expect(area > 0.01 && area < 0.23)
      var changed = 0
      for y in 0..<48 {
        for x in 0..<48 {
          let isInside =
            (erased.x..<erased.x + erased.width).contains(x)
            && (erased.y..<erased.y + erased.height).contains(y)
          let isChanged = pixels[y * 48 + x] != Float(picture[y * 48 + x])
          if isInside, isChanged { changed += 1 } else { #expect(!isChanged) }
        }
      }
      // Of 256 values noise hits the picture's own once.
      #expect(changed > erased.width * erased.height * 9 / 10)
      #expect(pixels.allSatisfy { 0...255 ~= $0 })
    }
  }

  @Test func betaHasTheMomentsOfBeta() {
    for alpha in [0.2, 1, 4] {
      var random = SeededRandom(seed: 9)
      let draws = (0..<20_000).map { _ in Double(Mixup.beta(Float(alpha), random: &random)) }
      let mean = draws.reduce(0, +) / 20_000
      let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
      let expected = 1 / (4 * (2 * alpha + 1))
      // Four standard errors: of the mean sqrt(v / n); of the variance at most sqrt(1 / 16 / n).
      #expect(abs(mean - 0.5) < 4 * (expected / 20_000).squareRoot())
      #expect(abs(variance - expected) < 4 * 0.25 / 20_000.0.squareRoot())
    }
  }

  @Test func presetsAreValidAndSurviveJSON() throws {
    for preset in Augmentation.Preset.allCases {
      let json = try JSONEncoder().encode(preset.augmentation)
      #expect(try JSONDecoder().decode(Augmentation.self, from: json) == preset.augmentation)
      try preset.augmentation.validate()
    }
    var wrong = Augmentation.none
    wrong.zoomLow = 1.2
    #expect(
      throws: EmojifyError.usage("augmentation: zoomLow is 1.2, expected 0.1 to zoomHigh")
    ) { try wrong.validate() }
  }
}
