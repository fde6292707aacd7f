import FERCore

/// Colours for a map over a gray face: nothing where nothing is, then yellow, orange, red.
enum HeatMap {
  /// Shares of the strongest place and their colours: dark red is at the top.
  private static let stops: [(share: Float, red: Float, green: Float, blue: Float)] = [
    (0, 255, 236, 130), (0.4, 255, 190, 50), (0.7, 240, 90, 25), (1, 180, 10, 35),
  ]
  /// How much of the face the strongest place still lets through is what this leaves.
  private static let strongestAlpha: Float = 0.72

  /// A see-through picture of `side * side` pixels, scaled to the map's largest value; what is at or below zero is
  /// clear.
  static func picture(of map: AttributionMap, side: Int) throws -> Picture {
    let fine = map.resized(height: side, width: side)
    let largest = map.peak.value
    var pixels = [UInt8](repeating: 0, count: side * side * 4)
    for (place, value) in fine.values.enumerated() where value > 0 && largest > 0 {
      let share = min(value / largest, 1)
      let colour = colour(of: share)
      pixels[place * 4] = UInt8(colour.blue)
      pixels[place * 4 + 1] = UInt8(colour.green)
      pixels[place * 4 + 2] = UInt8(colour.red)
      // Weak places fade out, so that the face under them stays to be seen.
      pixels[place * 4 + 3] = UInt8(255 * strongestAlpha * min(1, share * 1.6))
    }
    return try Picture(bgra: pixels, width: side, height: side)
  }

  static func colour(of share: Float) -> (red: Float, green: Float, blue: Float) {
    let upper = stops.firstIndex { $0.share >= share } ?? stops.count - 1
    let (low, high) = (stops[max(upper - 1, 0)], stops[upper])
    let step = high.share > low.share ? (share - low.share) / (high.share - low.share) : 0
    func mixed(_ from: Float, _ to: Float) -> Float { from + (to - from) * step }
    return (
      mixed(low.red, high.red), mixed(low.green, high.green), mixed(low.blue, high.blue)
    )
  }
}
