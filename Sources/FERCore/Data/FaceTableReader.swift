import Dispatch
import Foundation

/// Reads fer2013.csv and its siblings: a header that names the columns `emotion`, `pixels` and
/// perhaps `Usage` in any order (`fer2013.csv`, `icml_face_data.csv`), then one face a line;
/// without `Usage` all are Training (`train.csv`).
///
/// Fields may be quoted, lines may end in CRLF, the file may start with a UTF-8 byte-order mark,
/// blank lines are skipped, the last newline may be missing.
public enum FaceTableReader {
  /// The faces of a table, in its order.
  ///
  /// The file is mapped and cut into chunks that begin at line starts. A first pass counts each
  /// chunk's rows, so that the second knows where every one goes; both run on all cores, and no
  /// result depends on how many there are. Throws `EmojifyError.badData` for the first bad line,
  /// `.missingInput` where there is no such file. The file must not be cut shorter while it is
  /// read.
  public static func read(_ url: URL, side: Int = 48) throws -> FaceDataset {
    try read(url, side: side, chunkSize: 4 << 20)
  }

  /// No face makes a line of this many bytes. A file without line ends is refused after so many, not read through.
  static let longestLine = 1 << 20

  /// `chunkSize`: the bytes after which a chunk ends with its line.
  static func read(_ url: URL, side: Int, chunkSize: Int) throws -> FaceDataset {
    let file = try MappedFile(url)
    let name = url.relativePath
    let text = file.bytes
    let (columns, body) = try FaceTableHeader.read(text, name: name)
    var chunks = try cut(text, from: body, chunkSize: chunkSize, name: name)
    let rows = countRows(&chunks)
    guard rows > 0 else { throw EmojifyError.badData("\(name): has a header and no rows") }

    // A pixel takes a digit and a separator, so the rows before the first bad one cannot be more
    // than this; later ones are not stored, and a file of a billion short lines gets no memory.
    let capacity = min(rows, text.count / (2 * side * side) + 1)
    var parsed = [ParsedChunk](repeating: ParsedChunk(), count: chunks.count)
    let pixels = [UInt8](unsafeUninitializedCapacity: capacity * side * side) { target, count in
      let store = PixelStore(base: target.baseAddress, capacity: capacity, side: side)
      parsed.withUnsafeMutableBufferPointer { parsed in
        let parsed = Unchecked(parsed)
        let chunks = Unchecked(chunks)
        DispatchQueue.concurrentPerform(iterations: chunks.value.count) { index in
          parsed.value[index] = parse(chunks.value[index], columns: columns, into: store)
          MappedFile.release(chunks.value[index].text)
        }
      }
      // A fault below throws the array away, so the rows it left unwritten are never read.
      count = capacity * side * side
    }
    for case .some(let fault) in parsed.map(\.fault) {
      throw EmojifyError.badData("\(name):\(fault.line): \(fault.message)")
    }
    return FaceDataset(
      side: side, pixels: pixels, labels: parsed.flatMap(\.labels),
      splits: parsed.flatMap(\.splits), classNames: Emotion.allCases.map(\.name),
      origin: .lines(file: name, numbers: parsed.flatMap(\.lines)))
  }

  /// Whole lines of the file, and where they stand in it.
  private struct Chunk {
    var text: UnsafeRawBufferPointer
    /// 1-based line of the file the chunk begins with.
    var firstLine = 0
    /// Which row of the data set its first row is.
    var firstRow = 0
  }

  private struct ParsedChunk {
    var labels: [UInt8] = []
    var splits: [FaceDataset.Split] = []
    var lines: [Int32] = []
    var fault: (line: Int, message: String)?
  }

  /// The place for the pixels of `capacity` rows; chunks write disjoint rows.
  private struct PixelStore: @unchecked Sendable {
    let base: UnsafeMutablePointer<UInt8>?
    let capacity: Int
    let side: Int
  }

  private static func cut(
    _ text: UnsafeRawBufferPointer, from start: Int, chunkSize: Int, name: String
  ) throws -> [Chunk] {
    var chunks: [Chunk] = []
    var start = start
    while start < text.count {
      let cut = min(start + chunkSize, text.count)
      guard let end = TextLines.end(in: text, from: cut, within: longestLine) else {
        let line = 1 + text[..<cut].count { $0 == UInt8(ascii: "\n") }
        throw EmojifyError.badData(
          "\(name):\(line): line has more than \(longestLine) bytes, expected a label and pixels")
      }
      chunks.append(Chunk(text: UnsafeRawBufferPointer(rebasing: text[start..<end])))
      start = end
    }
    return chunks
  }

  /// Gives every chunk its first line and first row; returns the number of rows.
  private static func countRows(_ chunks: inout [Chunk]) -> Int {
    var counts = [(lines: Int, rows: Int)](repeating: (0, 0), count: chunks.count)
    counts.withUnsafeMutableBufferPointer { counts in
      let counts = Unchecked(counts)
      let chunks = Unchecked(chunks)
      DispatchQueue.concurrentPerform(iterations: chunks.value.count) { index in
        var lines = TextLines(chunks.value[index].text)
        var rows = 0
        var total = 0
        while let line = lines.next() {
          total += 1
          if !TextLines.isBlank(line) { rows += 1 }
        }
        counts.value[index] = (total, rows)
        MappedFile.release(chunks.value[index].text)
      }
    }
    var line = 2  // after the header
    var row = 0
    for index in chunks.indices {
      chunks[index].firstLine = line
      chunks[index].firstRow = row
      line += counts[index].lines
      row += counts[index].rows
    }
    return row
  }

  private static func parse(
    _ chunk: Chunk, columns: FaceTableColumns, into store: PixelStore
  ) -> ParsedChunk {
    var parsed = ParsedChunk()
    guard let base = store.base else { return parsed }
    let size = store.side * store.side
    var lines = TextLines(chunk.text)
    var number = chunk.firstLine - 1
    while let line = lines.next() {
      number += 1
      if TextLines.isBlank(line) { continue }
      let row = chunk.firstRow + parsed.labels.count
      guard row < store.capacity else { break }
      do throws(RowFault) {
        let face = try FaceTableRow(
          line, columns: columns, side: store.side, pixels: base + row * size)
        parsed.labels.append(face.label)
        parsed.splits.append(face.split)
        parsed.lines.append(Int32(clamping: number))
      } catch {
        parsed.fault = (number, error.message)
        break
      }
    }
    return parsed
  }
}

/// Says that the caller keeps threads off each other's elements.
struct Unchecked<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
