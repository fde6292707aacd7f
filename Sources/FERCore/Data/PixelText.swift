/// Pixels as text: whole numbers from 0 to 255 with blanks between them.
enum PixelText {
  /// Reads exactly `count` numbers parted by single blanks. False where the text is anything else,
  /// and `parse` says what. Reference: `parse`.
  ///
  /// Four bytes at a time and without a branch on the digits: whether a pixel has one, two or three
  /// of them is a coin toss to the processor. The mask has the top bit of every byte that is no
  /// digit; its trailing zeros count the digits; what follows them must be a blank.
  static func parseFast(
    _ text: UnsafeRawBufferPointer, count: Int, into pixels: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    guard let base = text.baseAddress, count > 0 else { return false }
    let end = base + text.count
    var cursor = base
    var faults: UInt32 = 0
    for index in 0..<max(count - 2, 0) {  // the last two may be too short for four bytes
      guard end - cursor >= 4 else { return false }
      let word = UInt32(littleEndian: cursor.loadUnaligned(as: UInt32.self))
      let digits = word ^ 0x3030_3030
      let others = ((digits & 0x7F7F_7F7F) &+ 0x7676_7676 | digits) & 0x8080_8080
      let length = UInt32(truncatingIfNeeded: others.trailingZeroBitCount) >> 3
      // Right-aligned in three bytes: hundreds, tens, ones. A length of 0 or 4 shifts by nonsense
      // and is a fault.
      let number = (digits << ((24 &- length &* 8) & 31)) & 0xFF_FFFF
      let value = (number & 0xFF) &* 100 &+ ((number >> 8) & 0xFF) &* 10 &+ number >> 16
      let separator = (word >> ((length &* 8) & 31)) & 0xFF
      faults |= (separator ^ 0x20) | (value >> 8) | ((length &- 1) >> 2) | (length >> 2)
      pixels[index] = UInt8(truncatingIfNeeded: value)
      cursor += Int(length) + 1
    }
    guard faults == 0 else { return false }
    for index in max(count - 2, 0)..<count {
      var value = 0
      let start = cursor
      while cursor < end, cursor.load(as: UInt8.self) != 0x20 {
        let digit = cursor.load(as: UInt8.self) &- 0x30
        guard digit < 10, cursor - start < 3 else { return false }
        value = value * 10 + Int(digit)
        cursor += 1
      }
      guard cursor > start, value < 256 else { return false }
      pixels[index] = UInt8(value)
      if index < count - 1 { cursor += 1 }  // the blank
    }
    return cursor == end
  }

  /// Reads `side * side` numbers parted by any number of blanks; throws what and where it is wrong.
  static func parse(
    _ text: UnsafeRawBufferPointer, side: Int, into pixels: UnsafeMutablePointer<UInt8>
  ) throws(RowFault) {
    let expected = side * side
    var found = 0
    var position = 0
    while true {
      while position < text.count, FieldIterator.isBlank(text[position]) { position += 1 }
      guard position < text.count else { break }
      let start = position
      var value = 0
      var isNumber = true
      while position < text.count, !FieldIterator.isBlank(text[position]) {
        let digit = text[position] &- 0x30
        if digit < 10 { value = min(value * 10 + Int(digit), 1000) } else { isNumber = false }
        if text[position] == 0 { throw RowFault("a NUL byte in pixel \(found + 1)") }
        position += 1
      }
      guard isNumber, value < 256 else {
        let token = UnsafeRawBufferPointer(rebasing: text[start..<position])
        throw RowFault(
          "pixel \(found + 1) is \(RowFault.quoted(token, limit: 16)), expected 0 to 255")
      }
      if found < expected { pixels[found] = UInt8(value) }
      found += 1
    }
    guard found == expected else {
      throw RowFault("row has \(found) pixels, expected \(expected) (\(side) x \(side))")
    }
  }
}
