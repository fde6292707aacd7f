import Foundation

/// The lines of a text, without their newlines; a last line without one counts.
struct TextLines {
  private let text: UnsafeRawBufferPointer
  private var position = 0

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  mutating func next() -> UnsafeRawBufferPointer? {
    guard position < text.count else { return nil }
    let start = position
    position = Self.end(in: text, from: start)
    let hasNewline = text[position - 1] == UInt8(ascii: "\n")
    return UnsafeRawBufferPointer(rebasing: text[start..<(hasNewline ? position - 1 : position)])
  }

  /// The place after the first newline at or behind `start`, or the text's end; nil where neither comes within `limit`
  /// bytes.
  static func end(in text: UnsafeRawBufferPointer, from start: Int, within limit: Int) -> Int? {
    let end = min(text.count, start.addingReportingOverflow(limit).partialValue)
    guard start < end, let base = text.baseAddress,
      let found = memchr(base + start, 0x0A, end - start)
    else { return end == text.count || start >= text.count ? text.count : nil }
    return UnsafeRawPointer(found) - base + 1
  }

  /// The place after the first newline at or behind `start`, or the text's end.
  static func end(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
    end(in: text, from: start, within: text.count) ?? text.count
  }

  static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
    line.allSatisfy(FieldIterator.isBlank)
  }
}

/// The fields of one line: parted by commas, quoted or not, the blanks around them cut off.
struct FieldIterator {
  private let line: UnsafeRawBufferPointer
  private var position: Int? = 0

  init(_ line: UnsafeRawBufferPointer) { self.line = line }

  mutating func next() throws(RowFault) -> UnsafeRawBufferPointer? {
    guard var start = position else { return nil }
    while start < line.count, Self.isBlank(line[start]) { start += 1 }
    var end: Int
    var comma: Int
    if start < line.count, line[start] == UInt8(ascii: "\"") {
      start += 1
      end = find(UInt8(ascii: "\""), from: start)
      guard end < line.count else { throw RowFault("a quote is not closed") }
      comma = end + 1
      while comma < line.count, Self.isBlank(line[comma]) { comma += 1 }
      guard comma == line.count || line[comma] == UInt8(ascii: ",") else {
        throw RowFault("text after a closing quote, expected a comma")
      }
    } else {
      comma = find(UInt8(ascii: ","), from: start)
      end = comma
    }
    while end > start, Self.isBlank(line[end - 1]) { end -= 1 }
    position = comma < line.count ? comma + 1 : nil
    return UnsafeRawBufferPointer(rebasing: line[start..<end])
  }

  private func find(_ byte: UInt8, from start: Int) -> Int {
    guard start < line.count, let base = line.baseAddress,
      let found = memchr(base + start, Int32(byte), line.count - start)
    else { return line.count }
    return UnsafeRawPointer(found) - base
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
}
