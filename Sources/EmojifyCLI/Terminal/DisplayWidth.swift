extension String {
  /// How many columns a terminal gives the text: emoji and East Asian characters take two.
  var displayWidth: Int {
    reduce(0) { $0 + $1.displayWidth }
  }
}

extension Character {
  fileprivate var displayWidth: Int {
    guard let first = unicodeScalars.first else { return 0 }
    if unicodeScalars.contains("\u{FE0F}") || first.properties.isEmojiPresentation { return 2 }
    if first.properties.generalCategory == .nonspacingMark { return 0 }
    switch first.value {  // the wide blocks of Unicode's EastAsianWidth.txt
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6:
      return 2
    default: return 1
    }
  }
}
