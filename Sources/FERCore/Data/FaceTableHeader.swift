import Foundation

/// The first line of a table, and whether the file is a table at all.
enum FaceTableHeader {
  /// The columns, and where the line after the header begins. Throws `EmojifyError.badData`.
  static func read(
    _ text: UnsafeRawBufferPointer, name: String
  ) throws -> (columns: FaceTableColumns, body: Int) {
    try refuseOtherFormats(text, name: name)
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]  // UTF-8 byte-order mark
    let start = text.starts(with: mark) ? mark.count : 0
    // A header is short; a line without end is shown, not searched.
    let body =
      TextLines.end(in: text, from: start, within: FaceTableReader.longestLine) ?? text.count
    let line = UnsafeRawBufferPointer(rebasing: text[start..<min(body, start + 4096)])
    do throws(RowFault) {
      return (try FaceTableColumns(header: trimmed(line)), body)
    } catch {
      throw EmojifyError.badData("\(name):1: \(error.message)")
    }
  }

  private static func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var end = line.count
    while end > 0, FieldIterator.isBlank(line[end - 1]) || line[end - 1] == 0x0A { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: line[..<end])
  }

  /// What people hand over by mistake, known by its first bytes.
  private static let otherFormats: [(magic: [UInt8], name: String)] = [
    ([0xFF, 0xD8, 0xFF], "a JPEG picture"), ([0x89, 0x50, 0x4E, 0x47], "a PNG picture"),
    ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive (unpack it first)"),
    ([0x1F, 0x8B], "a gzip archive (unpack it first)"),
    ([0x89, 0x48, 0x44, 0x46], "an HDF5 file"),
    ([0xFF, 0xFE], "UTF-16 text (save it as UTF-8)"),
    ([0xFE, 0xFF], "UTF-16 text (save it as UTF-8)"),
  ]

  private static func refuseOtherFormats(_ text: UnsafeRawBufferPointer, name: String) throws {
    let expected = "expected a table with the columns emotion, pixels and Usage"
    if text.isEmpty { throw EmojifyError.badData("\(name): is empty, \(expected)") }
    for format in otherFormats where text.starts(with: format.magic) {
      throw EmojifyError.badData("\(name): is \(format.name), \(expected)")
    }
  }
}

/// Which field of a row is which, from the header. Other columns are allowed and skipped.
struct FaceTableColumns: Sendable {
  var count = 0
  var emotion = 0
  var pixels = 0
  var usage: Int?
  /// The header's beginning, for messages.
  let header: String

  init(header line: UnsafeRawBufferPointer) throws(RowFault) {
    header = String(RowFault.quoted(line, limit: 80).dropFirst().dropLast())
    var found: [String: Int] = [:]
    var fields = FieldIterator(line)
    while let field = try fields.next() {
      let name = String(decoding: field, as: UTF8.self)
      if found.updateValue(count, forKey: name.lowercased()) != nil, !name.isEmpty {
        throw RowFault("header names \(RowFault.quoted(field)) twice")
      }
      count += 1
    }
    guard let emotion = found["emotion"], let pixels = found["pixels"] else {
      throw RowFault(
        "header is \(RowFault.quoted(line)), expected the columns emotion, pixels and Usage")
    }
    self.emotion = emotion
    self.pixels = pixels
    usage = found["usage"]
  }
}
