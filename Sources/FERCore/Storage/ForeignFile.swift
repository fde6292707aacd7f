import Foundation

/// Says what a file that should have been a model is instead: people download pages, pointers and mangled bytes.
public enum ForeignFile {
  /// Why nothing can be read at `url`, or nil where something can.
  public static func unreadable(_ url: URL, expected: String = "a model file") -> String? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      return "no such file"
    }
    if isFolder.boolValue { return "is a folder, expected \(expected)" }
    // Opening a pipe waits for whoever writes into it.
    var status = stat()
    guard stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return "is not a regular file, expected \(expected)"
    }
    return FileManager.default.isReadableFile(atPath: url.path) ? nil : "no permission to read it"
  }

  /// What the first bytes of a file that is not HDF5 tell.
  static func beginning(of url: URL) -> String {
    guard let file = try? FileHandle(forReadingFrom: url) else { return "it cannot be read" }
    defer { try? file.close() }
    let bytes = [UInt8]((try? file.read(upToCount: 64)) ?? Data())
    return describe(bytes)
  }

  static func describe(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "it is empty" }
    // The signature is 89 48 44 46 0d 0a 1a 0a (HDF5 File Format Specification 3.0, II.A): its first byte and its line
    // ends are there to show what a transfer did to the file.
    if contains(bytes.prefix(12), "HDF") {
      return "its signature was mangled, as by a transfer or conversion as text"
    }
    let quoted = "it begins with '\(printable(bytes))'"
    if bytes.starts(with: Array("version https://git-lfs".utf8)) {
      return quoted + ": a Git LFS pointer, not the file it stands for"
    }
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      return "it is a zip archive"
    }
    let start = String(decoding: bytes, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
    if start.hasPrefix("<!doctype") || start.hasPrefix("<html") {
      return quoted + ": a web page saved in place of the file"
    }
    return isText(bytes) ? quoted : "it begins with the bytes \(hexadecimal(bytes.prefix(8)))"
  }

  private static func contains(_ bytes: some Collection<UInt8>, _ word: String) -> Bool {
    let bytes = Array(bytes)
    let word = Array(word.utf8)
    return bytes.indices.contains { bytes[$0...].starts(with: word) }
  }

  private static func isText(_ bytes: [UInt8]) -> Bool {
    bytes.prefix(32).allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 9 || $0 == 10 || $0 == 13 }
  }

  /// The first line's first letters.
  private static func printable(_ bytes: [UInt8]) -> String {
    let line = bytes.drop { $0 <= 0x20 }.prefix { $0 >= 0x20 && $0 < 0x7F }.prefix(32)
    return String(decoding: line, as: UTF8.self)
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined(separator: " ")
  }
}
