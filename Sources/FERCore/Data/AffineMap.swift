import Foundation

/// Where each pixel of an output image lies in the source: a linear map plus an offset.
struct AffineMap: Equatable {
  var xx: Float
  var xy: Float
  var x0: Float
  var yx: Float
  var yy: Float
  var y0: Float

  /// The inverse of: mirror, turn by `angle` radians (clockwise as seen, y points down) and scale
  /// by `zoom` about the centre, then move by `shift` pixels.
  init(side: Int, flips: Bool, angle: Float, zoom: Float, shift: (x: Float, y: Float)) {
    let cosine = Foundation.cos(angle) / zoom
    let sine = Foundation.sin(angle) / zoom
    let mirror: Float = flips ? -1 : 1
    let centre = Float(side - 1) / 2
    xx = cosine * mirror
    xy = sine * mirror
    yx = -sine
    yy = cosine
    x0 = centre - xx * (centre + shift.x) - xy * (centre + shift.y)
    y0 = centre - yx * (centre + shift.x) - yy * (centre + shift.y)
  }

  /// The map for an output of `outputSide` pixels that shows what one of `side` pixels would.
  func scaled(from side: Int, to outputSide: Int) -> AffineMap {
    let step = Float(side) / Float(outputSide)
    let first = (step - 1) / 2  // pixels are areas: the first one's centre lies further in
    var map = self
    (map.xx, map.xy, map.x0) = (xx * step, xy * step, x0 + (xx + xy) * first)
    (map.yx, map.yy, map.y0) = (yx * step, yy * step, y0 + (yx + yy) * first)
    return map
  }

  /// Bilinear sampling; beyond the border the nearest border pixel goes on.
  ///
  /// source: `side * side` pixels, target: `outputSide * outputSide`, row-major, apart. Reference: `Reference.sample`
  /// (tests), within 1e-2 of a gray level.
  func sample(
    _ source: UnsafePointer<UInt8>, side: Int, into target: UnsafeMutablePointer<Float>,
    outputSide: Int
  ) {
    let last = Float(side - 1)
    for row in 0..<outputSide {
      let rowX = xy * Float(row) + x0
      let rowY = yy * Float(row) + y0
      let output = target + row * outputSide
      for column in 0..<outputSide {
        // Clamping the place is the same as continuing the border.
        let x = min(max(xx * Float(column) + rowX, 0), last)
        let y = min(max(yx * Float(column) + rowY, 0), last)
        let left = Int32(x)
        let top = Int32(y)
        let partX = x - Float(left)
        let partY = y - Float(top)
        // On the last column and row the part is 0 and the neighbour is the pixel itself.
        let right = min(left &+ 1, Int32(truncatingIfNeeded: side &- 1))
        let bottom = min(top &+ 1, Int32(truncatingIfNeeded: side &- 1))
        let upper = source + Int(top) &* side
        let lower = source + Int(bottom) &* side
        let upperLeft = Float(upper[Int(left)])
        let lowerLeft = Float(lower[Int(left)])
        let above = upperLeft + (Float(upper[Int(right)]) - upperLeft) * partX
        let below = lowerLeft + (Float(lower[Int(right)]) - lowerLeft) * partX
        output[column] = above + (below - above) * partY
      }
    }
  }
}
