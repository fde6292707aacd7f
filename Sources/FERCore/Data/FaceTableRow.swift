import Foundation

/// What is wrong with one line of a table; the reader puts file and line number in front.
struct RowFault: Error {
  let message: String
  init(_ message: String) { self.message = message }

  /// A field's text for a message: short, on one line, printable.
  static func quoted(_ bytes: UnsafeRawBufferPointer, limit: Int = 40) -> String {
    var text = "'"
    for byte in bytes.prefix(limit) {
      if byte >= 0x20 && byte < 0x7F {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return text + (bytes.count > limit ? "…'" : "'")
  }
}

/// One line of the table as label, split and pixels.
struct FaceTableRow {
  let label: UInt8
  let split: FaceDataset.Split

  /// Reads `line` (without its newline); the pixels, `side * side` bytes, go to `pixels`.
  init(
    _ line: UnsafeRawBufferPointer, columns: FaceTableColumns, side: Int,
    pixels: UnsafeMutablePointer<UInt8>
  ) throws(RowFault) {
    var emotionField: UnsafeRawBufferPointer?
    var pixelField: UnsafeRawBufferPointer?
    var usageField: UnsafeRawBufferPointer?
    var fields = FieldIterator(line)
    var count = 0
    while let field = try fields.next() {
      if count == columns.emotion { emotionField = field }
      if count == columns.pixels { pixelField = field }
      if count == columns.usage { usageField = field }
      count += 1
    }
    guard count == columns.count, let emotionField, let pixelField else {
      throw RowFault(
        "row has \(count) \(count == 1 ? "field" : "fields"), expected \(columns.count) "
          + "(\(columns.header))")
    }
    label = try Self.label(emotionField)
    if !PixelText.parseFast(pixelField, count: side * side, into: pixels) {
      try PixelText.parse(pixelField, side: side, into: pixels)
    }
    split = try usageField.map(Self.split) ?? .training
  }

  private static func label(_ field: UnsafeRawBufferPointer) throws(RowFault) -> UInt8 {
    guard field.count == 1, field[0] >= 0x30, field[0] < 0x30 + UInt8(Emotion.allCases.count)
    else {
      throw RowFault(
        "emotion is \(RowFault.quoted(field)), expected 0 to \(Emotion.allCases.count - 1)")
    }
    return field[0] - 0x30
  }

  private static func split(
    _ field: UnsafeRawBufferPointer
  ) throws(RowFault) -> FaceDataset.Split {
    for split in FaceDataset.Split.allCases where field.elementsEqual(split.name.utf8) {
      return split
    }
    throw RowFault(
      "Usage is \(RowFault.quoted(field)), expected Training, PublicTest or PrivateTest")
  }
}
