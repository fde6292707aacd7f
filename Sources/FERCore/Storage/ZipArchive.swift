import Foundation

/// A zip archive whose members are stored and not compressed, as Keras writes `.keras` (APPNOTE.TXT 6.3, sections 4.3.7,
/// 4.3.12 and 4.3.16). Nothing it declares is believed: offsets, sizes and checksums are held against the file.
struct ZipArchive {
  private struct Member {
    let offset: Int
    let size: Int
    let checksum: UInt32
    let method: Int
    let isEncrypted: Bool
  }

  /// Members above this are refused: 2 GiB, as for a dataset.
  private static let largestMember = 1 << 31
  private static let largestDirectory = 1 << 24
  private static let endSize = 22

  private let name: String
  private let file: FileHandle
  private let members: [String: Member]

  /// The names of all members.
  var names: [String] { members.keys.sorted() }

  /// Opens an archive.
  /// - Throws: `EmojifyError.missingInput` where there is no readable file, `.badData` where it is no archive.
  init(reading url: URL) throws {
    name = url.relativePath
    if let complaint = ForeignFile.unreadable(url) {
      throw EmojifyError.missingInput("\(name): \(complaint)")
    }
    do {
      file = try FileHandle(forReadingFrom: url)
    } catch {
      throw EmojifyError.missingInput("\(name): cannot be opened")
    }
    members = try Self.directory(of: file, url)
  }

  /// Whether a file begins like an archive.
  static func isArchive(_ url: URL) -> Bool {
    guard let file = try? FileHandle(forReadingFrom: url) else { return false }
    defer { try? file.close() }
    return (try? file.read(upToCount: 4)) == Data([0x50, 0x4B, 3, 4])
  }

  /// The bytes of a member, or nil where there is none of that name.
  func read(_ member: String) throws -> Data? {
    guard let entry = members[member] else { return nil }
    func bad(_ what: String) -> EmojifyError { .badData("\(name): member '\(member)' \(what)") }
    guard !entry.isEncrypted else { throw bad("is encrypted") }
    guard entry.method == 0 else {
      throw bad(
        "is compressed (method \(entry.method)), expected it stored as Keras writes it: unpack the archive and pack "
          + "it again with 'zip -0'")
    }
    guard entry.size <= Self.largestMember else { throw bad("has \(entry.size) bytes, too many") }
    let header = try bytes(at: entry.offset, count: 30)
    guard header.count == 30, header.number(0, 4) == 0x0403_4B50 else {
      throw bad("is not where the archive's directory says")
    }
    let start = entry.offset + 30 + header.number(26, 2) + header.number(28, 2)
    let data = try bytes(at: start, count: entry.size)
    guard data.count == entry.size else { throw bad("ends early: the archive is cut off") }
    guard Self.checksum(data) == entry.checksum else {
      throw bad("is damaged: its checksum is another")
    }
    return data
  }

  private func bytes(at offset: Int, count: Int) throws -> Data {
    try Self.bytes(of: file, at: offset, count: count, name)
  }

  private static func bytes(
    of file: FileHandle, at offset: Int, count: Int, _ name: String
  ) throws -> Data {
    do {
      try file.seek(toOffset: UInt64(max(0, offset)))
      return try file.read(upToCount: count) ?? Data()
    } catch {
      throw EmojifyError.internalFault("\(name): cannot be read")
    }
  }

  // MARK: The directory

  private static func directory(of file: FileHandle, _ url: URL) throws -> [String: Member] {
    let name = url.relativePath
    func bad(_ what: String) -> EmojifyError { .badData("\(name): \(what)") }
    let length = Int((try? file.seekToEnd()) ?? 0)
    // The end record is last, behind at most 65,535 bytes of comment.
    let tailSize = min(length, endSize + 65_535)
    let tail = try bytes(of: file, at: length - tailSize, count: tailSize, name)
    guard tail.count >= endSize,
      let end = (0...tail.count - endSize).reversed().first(where: {
        tail.number($0, 4) == 0x0605_4B50
      })
    else { throw bad("is no zip archive, or one that is cut off: it has no directory") }
    let (count, size) = (tail.number(end + 10, 2), tail.number(end + 12, 4))
    let offset = tail.number(end + 16, 4)
    guard offset + size <= length, size <= largestDirectory else {
      throw bad("the archive's directory lies outside of it")
    }
    let directory = try bytes(of: file, at: offset, count: size, name)
    var members: [String: Member] = [:]
    var place = 0
    for _ in 0..<count {
      guard place + 46 <= directory.count, directory.number(place, 4) == 0x0201_4B50 else {
        throw bad("the archive's directory is damaged")
      }
      let nameSize = directory.number(place + 28, 2)
      let next =
        place + 46 + nameSize + directory.number(place + 30, 2) + directory.number(place + 32, 2)
      guard next <= directory.count else { throw bad("the archive's directory is damaged") }
      let start = directory.startIndex + place + 46
      let member = String(decoding: directory[start..<start + nameSize], as: UTF8.self)
      members[member] = Member(
        offset: directory.number(place + 42, 4), size: directory.number(place + 24, 4),
        checksum: UInt32(directory.number(place + 16, 4)),
        method: directory.number(place + 10, 2),
        isEncrypted: directory.number(place + 8, 2) & 1 == 1)
      place = next
    }
    return members
  }

  // MARK: Writing

  /// An archive of these members in this order, stored. The same members are the same bytes: the time is the zip's zero,
  /// 1980-01-01.
  static func data(_ members: [(name: String, content: Data)]) throws -> Data {
    var (whole, directory) = (Data(), Data())
    for (name, content) in members {
      guard whole.count + content.count < 0xFFFF_FFFF else {
        throw EmojifyError.internalFault("an archive of 4 GiB or more cannot be written")
      }
      // Version 2.0, no flags, stored, time 0, day 1 of month 1 of 1980.
      var common = Data()
      common.append(20, 2)
      for value in [0, 0, 0, 0x21] { common.append(value, 2) }
      common.append(Int(checksum(content)), 4)
      common.append(content.count, 4)
      common.append(content.count, 4)
      common.append(name.utf8.count, 2)
      common.append(0, 2)
      directory.append(0x0201_4B50, 4)
      directory.append(20, 2)
      directory += common
      // No comment, disk 0, no attributes.
      for size in [2, 2, 2, 4] { directory.append(0, size) }
      directory.append(whole.count, 4)
      directory += Data(name.utf8)
      whole.append(0x0403_4B50, 4)
      whole += common
      whole += Data(name.utf8)
      whole += content
    }
    let start = whole.count
    whole += directory
    whole.append(0x0605_4B50, 4)
    for value in [0, 0, members.count, members.count] { whole.append(value, 2) }
    whole.append(directory.count, 4)
    whole.append(start, 4)
    whole.append(0, 2)
    return whole
  }

  /// CRC-32 (polynomial 0xEDB88320, ISO 3309).
  static func checksum(_ data: Data) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    data.withUnsafeBytes { bytes in
      table.withUnsafeBufferPointer { table in
        for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
      }
    }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }
}

extension Data {
  /// `size` bytes at `offset` from the start, least significant first; what is beyond the end is zero.
  fileprivate func number(_ offset: Int, _ size: Int) -> Int {
    (0..<size).reduce(0) { sum, place in
      offset + place < count ? sum | Int(self[startIndex + offset + place]) << (8 * place) : sum
    }
  }

  fileprivate mutating func append(_ value: Int, _ size: Int) {
    for place in 0..<size { append(UInt8(value >> (8 * place) & 0xFF)) }
  }
}
