/// Pixels as text: whole numbers from 0 to 255 with blanks between them.
enum PixelText {
  /// Reads exactly `count` numbers parted by single blanks. False where the text is anything else,
  /// and `parse` says what. Reference: `parse`.
  ///
  /// Four bytes at a time and without a branch on the digits: whether a pixel has one, two or three
  /// of them is a coin toss to the processor. Where a number begins is known only when the one
  /// before is read, a chain of a dozen cycles: so one cursor goes up from the start and another
  /// down from the end, and the processor does both at once.
  static func parseFast(
    _ text: UnsafeRawBufferPointer, count: Int, into pixels: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    guard let base = text.baseAddress, count > 0 else { return false }
    var cursor = base
    var end = base + text.count
    var first = 0
    var last = count
    var faults: UInt32 = 0
    while last - first > 6 {  // the rest may be too short for four bytes on both sides
      guard end - cursor >= 8 else { return false }
      pixels[first] = numberAtStart(&cursor, &faults)
      first += 1
      last -= 1
      pixels[last] = numberAtEnd(&end, &faults)
    }
    guard faults == 0 else { return false }
    for index in first..<last {
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
      if index < last - 1 { cursor += 1 }  // the blank
    }
    return cursor == end
  }

  /// The number at `cursor`, which goes on behind the blank that must follow. Sets bits of `faults`
  /// where there is no such thing.
  ///
  /// The mask has the top bit of every byte that is no digit; its trailing zeros count the digits.
  @inline(__always)
  private static func numberAtStart(_ cursor: inout UnsafeRawPointer, _ faults: inout UInt32)
    -> UInt8
  {
    let word = UInt32(littleEndian: cursor.loadUnaligned(as: UInt32.self))
    let digits = word ^ 0x3030_3030
    let others = ((digits & 0x7F7F_7F7F) &+ 0x7676_7676 | digits) & 0x8080_8080
    let length = UInt32(truncatingIfNeeded: others.trailingZeroBitCount) >> 3
    // Right-aligned in three bytes: hundreds, tens, ones. A length of 0 or 4 shifts by nonsense
    // and is a fault.
    let number = (digits << ((24 &- length &* 8) & 31)) & 0xFF_FFFF
    cursor += Int(length) + 1
    return value(number, length, separator: word >> ((length &* 8) & 31), &faults)
  }

  /// As `numberAtStart`, for the number that ends before `end`, which goes down below its blank.
  @inline(__always)
  private static func numberAtEnd(_ end: inout UnsafeRawPointer, _ faults: inout UInt32) -> UInt8 {
    let word = UInt32(littleEndian: (end - 4).loadUnaligned(as: UInt32.self))
    let digits = word ^ 0x3030_3030
    let others = ((digits & 0x7F7F_7F7F) &+ 0x7676_7676 | digits) & 0x8080_8080
    let length = UInt32(truncatingIfNeeded: others.leadingZeroBitCount) >> 3
    let shift = (24 &- length &* 8) & 31
    let number = (digits >> 8) & (0xFF_FFFF << shift) & 0xFF_FFFF
    end -= Int(length) + 1
    return value(number, length, separator: word >> shift, &faults)
  }

  @inline(__always)
  private static func value(
    _ number: UInt32, _ length: UInt32, separator: UInt32, _ faults: inout UInt32
  ) -> UInt8 {
    let value = (number & 0xFF) &* 100 &+ ((number >> 8) & 0xFF) &* 10 &+ number >> 16
    faults |= ((separator & 0xFF) ^ 0x20) | (value >> 8) | ((length &- 1) >> 2) | (length >> 2)
    return UInt8(truncatingIfNeeded: value)
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
