import Foundation

/// What an `Augmentation` drew for one image, and how it is carried out.
struct ImageVariation {
  /// Where output pixel `(x, y)` is sampled: `(xx·x + xy·y + x0, yx·x + yy·y + y0)` of the source,
  /// in pixels from its first pixel's centre. Nil where pixels stay in place.
  var map: AffineMap?
  /// `(pixel - mean) * contrast + mean + brightness`, brightness in 0 … 255.
  var contrast: Float = 1
  var brightness: Float = 0
  var erased: Rectangle?

  struct Rectangle: Equatable {
    var x: Int
    var y: Int
    var width: Int
    var height: Int
  }

  /// Draws from `random`, in the order of the fields, only what `augmentation` asks for. `side` is the source's,
  /// `outputSide` that of what `apply` writes.
  init(
    _ augmentation: Augmentation, side: Int, outputSide: Int, random: inout SeededRandom
  ) {
    let flips = augmentation.horizontalFlip > 0 && random.uniform() < augmentation.horizontalFlip
    var angle: Float = 0
    var zoom: Float = 1
    var shift = (x: Float(0), y: Float(0))
    if augmentation.moves, random.uniform() < augmentation.affine {
      angle =
        random.uniform(-augmentation.rotationDegrees, augmentation.rotationDegrees)
        * Float.pi / 180
      zoom = random.uniform(augmentation.zoomLow, augmentation.zoomHigh)
      shift.x = random.uniform(-augmentation.shiftPixels, augmentation.shiftPixels)
      shift.y = random.uniform(-augmentation.shiftPixels, augmentation.shiftPixels)
    }
    if augmentation.cropPixels > 0, augmentation.cropPixels < side {
      // A cut of `crop` pixels stretched to the side is a zoom, and its place is a shift (as large
      // as the rest of the image on either side, in pixels of the stretched picture).
      let stretch = Float(side) / Float(augmentation.cropPixels)
      let slack = Float(side - augmentation.cropPixels) / 2 * stretch
      zoom *= stretch
      shift.x += random.uniform(-slack, slack)
      shift.y += random.uniform(-slack, slack)
    }
    if flips || angle != 0 || zoom != 1 || shift != (0, 0) || outputSide != side {
      map = AffineMap(side: side, flips: flips, angle: angle, zoom: zoom, shift: shift)
        .scaled(from: side, to: outputSide)
    }
    if augmentation.brightness > 0 {
      brightness = 255 * random.uniform(-augmentation.brightness, augmentation.brightness)
    }
    if augmentation.contrast > 0 {
      contrast = random.uniform(1 - augmentation.contrast, 1 + augmentation.contrast)
    }
    if augmentation.erasing > 0, random.uniform() < augmentation.erasing {
      erased = Self.rectangle(augmentation, side: outputSide, random: &random)
    }
  }

  private static func rectangle(
    _ augmentation: Augmentation, side: Int, random: inout SeededRandom
  ) -> Rectangle {
    let share = random.uniform(augmentation.erasingAreaLow, augmentation.erasingAreaHigh)
    let area = share * Float(side * side)
    let aspect = Foundation.exp(random.uniform(Foundation.log(0.3), -Foundation.log(0.3)))
    let width = min(max(Int((area * aspect).squareRoot().rounded()), 1), side)
    let height = min(max(Int((area / aspect).squareRoot().rounded()), 1), side)
    return Rectangle(
      x: random.integer(below: side - width + 1), y: random.integer(below: side - height + 1),
      width: width, height: height)
  }

  /// Writes the varied image as floats 0 … 255. `source` holds `side * side` pixels, `target`
  /// `outputSide * outputSide`; `random` is the generator the variation was drawn from, which the erased pixels continue.
  func apply(
    to source: UnsafePointer<UInt8>, side: Int, into target: UnsafeMutablePointer<Float>,
    outputSide: Int, random: inout SeededRandom
  ) {
    let count = outputSide * outputSide
    if let map {
      map.sample(source, side: side, into: target, outputSide: outputSide)
    } else {
      for index in 0..<count { target[index] = Float(source[index]) }
    }
    if contrast != 1 || brightness != 0 {
      var sum: Float = 0
      for index in 0..<count { sum += target[index] }
      let offset = sum / Float(count) * (1 - contrast) + brightness
      for index in 0..<count {
        target[index] = min(max(target[index] * contrast + offset, 0), 255)
      }
    }
    guard let erased else { return }
    var noise: UInt64 = 0
    var left = 0
    for y in erased.y..<erased.y + erased.height {
      for x in erased.x..<erased.x + erased.width {
        if left == 0 { (noise, left) = (random.next(), 8) }
        target[y * outputSide + x] = Float(noise & 0xFF)
        noise >>= 8
        left -= 1
      }
    }
  }
}
