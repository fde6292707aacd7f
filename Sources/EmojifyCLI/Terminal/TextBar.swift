/// A bar of block characters, for a column of a table.
enum TextBar {
  private static let eighths = Array(" ▏▎▍▌▋▊▉█")

  /// `share` (0 to 1) of `width` columns, to the nearest eighth of one; what is not nothing shows.
  static func text(_ share: Double, width: Int) -> String {
    guard share > 0, share.isFinite else { return "" }
    let units = max(1, Int((min(share, 1) * Double(width * 8)).rounded()))
    let full = String(repeating: eighths[8], count: units / 8)
    return units % 8 == 0 ? full : full + String(eighths[units % 8])
  }
}
