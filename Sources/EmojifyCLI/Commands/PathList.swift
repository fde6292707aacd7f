import FERCore
import Foundation

/// A file, or standard input, that holds paths: one a line, empty lines without meaning.
final class PathList {
  private let name: String
  private let handle: FileHandle
  /// Whole lines that were read and not yet given, the last of them first.
  private var lines: [String] = []
  /// The beginning of the next line.
  private var rest = Data()
  private var isAtEnd = false
  /// Longer than any path: what has no line feed by then is no list.
  private static let longestLine = 1 << 20

  /// Opens the list; `-` is standard input. Throws `EmojifyError.missingInput`.
  init(_ path: String) throws {
    guard path != "-" else {
      name = "standard input"
      handle = .standardInput
      return
    }
    name = path
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw EmojifyError.missingInput("\(path): no such file")
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw EmojifyError.missingInput("\(path): is a folder, expected a list of paths")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw EmojifyError.missingInput("\(path): cannot be read")
    }
    self.handle = handle
  }

  /// The next paths, at most `limit`. Waits for one, not for more; empty at the end.
  func next(upTo limit: Int) throws -> [String] {
    while lines.isEmpty, !isAtEnd { try read() }
    let taken = lines.suffix(limit).reversed()
    lines.removeLast(taken.count)
    return Array(taken)
  }

  /// One piece of the file, as much as is there.
  private func read() throws {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let count = Foundation.read(handle.fileDescriptor, &piece, piece.count)
    if count < 0 {
      if errno == EINTR { return }
      throw EmojifyError.missingInput(
        "\(name): cannot be read: \(String(cString: strerror(errno)))")
    }
    isAtEnd = count == 0
    guard !piece[..<count].contains(0) else {
      throw EmojifyError.badData(
        "\(name): holds a zero byte, expected one path a line (an image is named without --files-from)"
      )
    }
    rest += piece[..<count]
    if isAtEnd, !rest.isEmpty { rest.append(0x0A) }
    guard let end = rest.lastIndex(of: 0x0A) else {
      guard rest.count <= Self.longestLine else {
        throw EmojifyError.badData(
          "\(name): a line of more than \(Self.longestLine) bytes, expected one path a line")
      }
      return
    }
    lines = rest[...end].split(separator: 0x0A).map { line in
      String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }.filter { !$0.isEmpty }.reversed()
    rest = Data(rest[(end + 1)...])
  }
}
