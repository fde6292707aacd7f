import FERCore

/// Format and size of an encoded image, read from its first bytes without decoding it: how a file
/// that claims a giant image is refused before any memory is taken for it.
struct ImageHeader: Equatable {
  enum Format: String, CaseIterable {
    case png = "PNG"
    case jpeg = "JPEG"
    case webP = "WebP"
    case bmp = "BMP"
    case tiff = "TIFF"
    case pnm = "PNM"
  }

  let format: Format
  /// In pixels, before an EXIF orientation turns them.
  let width, height: Int

  /// Says whether `bytes`, the first 16 of a file or more, are the beginning of an image of a known
  /// format.
  static func format(of bytes: UnsafeRawBufferPointer) -> Format? {
    func starts(_ prefix: [UInt8], at offset: Int = 0) -> Bool {
      bytes.count >= offset + prefix.count
        && bytes[offset..<offset + prefix.count].elementsEqual(prefix)
    }
    if starts([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
    if starts([0xFF, 0xD8, 0xFF]) { return .jpeg }
    if starts(Array("RIFF".utf8)), starts(Array("WEBP".utf8), at: 8) { return .webP }
    if starts(Array("BM".utf8)) { return .bmp }
    if starts([0x49, 0x49, 0x2A, 0x00]) || starts([0x4D, 0x4D, 0x00, 0x2A]) { return .tiff }
    if starts([0x50]), bytes.count > 2, (0x31...0x36).contains(bytes[1]) {
      return [0x20, 0x09, 0x0A, 0x0D, 0x23].contains(bytes[2]) ? .pnm : nil
    }
    return nil
  }

  /// Reads the header of the image file `bytes`. Throws `EmojifyError.badData`, naming `name`,
  /// where the format is unknown or the header is cut or senseless.
  init(_ bytes: UnsafeRawBufferPointer, name: String) throws {
    guard !bytes.isEmpty else {
      throw EmojifyError.badData("\(name): empty file, expected an image")
    }
    guard let format = Self.format(of: bytes) else { throw Self.unknownFormat(name) }
    let size: (width: Int, height: Int)
    do throws(HeaderReader.Fault) {
      let reader = HeaderReader(bytes: bytes)
      size =
        switch format {
        case .png: try reader.png()
        case .jpeg: try reader.jpeg()
        case .webP: try reader.webP()
        case .bmp: try reader.bmp()
        case .tiff: try reader.tiff()
        case .pnm: try reader.pnm()
        }
    } catch {
      throw EmojifyError.badData("\(name): \(format.rawValue) \(error.rawValue)")
    }
    guard size.width > 0, size.height > 0 else {
      throw EmojifyError.badData(
        "\(name): \(format.rawValue) header says \(size.width) x \(size.height) pixels")
    }
    self.format = format
    (width, height) = size
  }

  static func unknownFormat(_ name: String) -> EmojifyError {
    let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
    return .badData("\(name): not an image of a format emojify reads (\(known))")
  }
}

/// Finds width and height in each format. Every access is checked: the bytes come from anywhere.
private struct HeaderReader {
  enum Fault: String, Error {
    case cut = "header ends early"
    case senseless = "header is damaged"
  }

  let bytes: UnsafeRawBufferPointer

  func byte(_ offset: Int) throws(Fault) -> Int {
    guard offset >= 0, offset < bytes.count else { throw .cut }
    return Int(bytes[offset])
  }

  func bigEndian(_ offset: Int, count: Int) throws(Fault) -> Int {
    var value = 0
    for index in 0..<count { value = value << 8 | (try byte(offset + index)) }
    return value
  }

  func littleEndian(_ offset: Int, count: Int) throws(Fault) -> Int {
    var value = 0
    for index in (0..<count).reversed() { value = value << 8 | (try byte(offset + index)) }
    return value
  }

  /// PNG 1.2 §4.1.1: IHDR is the first chunk, width and height its first fields.
  func png() throws(Fault) -> (width: Int, height: Int) {
    guard try bigEndian(12, count: 4) == 0x4948_4452 else { throw .senseless }  // "IHDR"
    return (try bigEndian(16, count: 4), try bigEndian(20, count: 4))
  }

  /// ITU T.81 §B.2: marker segments with their lengths up to the frame header.
  func jpeg() throws(Fault) -> (width: Int, height: Int) {
    var offset = 2
    while true {
      guard try byte(offset) == 0xFF else { throw .senseless }
      while try byte(offset) == 0xFF { offset += 1 }  // fill bytes may stand before a marker
      let marker = try byte(offset)
      offset += 1
      switch marker {
      case 0xC4, 0xC8, 0xCC: break  // tables, not frames
      case 0xC0...0xCF:
        return (try bigEndian(offset + 5, count: 2), try bigEndian(offset + 3, count: 2))
      case 0x01, 0xD0...0xD7: continue  // markers without a segment
      case 0x00, 0xD8, 0xD9, 0xDA: throw .senseless  // a scan or the end before any frame
      default: break
      }
      let length = try bigEndian(offset, count: 2)
      guard length >= 2 else { throw .senseless }
      offset += length
    }
  }

  /// RFC 9649: the extended header's canvas, or the one bitstream's size.
  func webP() throws(Fault) -> (width: Int, height: Int) {
    switch try bigEndian(12, count: 4) {
    case 0x5650_3858:  // "VP8X"
      return (try littleEndian(24, count: 3) + 1, try littleEndian(27, count: 3) + 1)
    case 0x5650_384C:  // "VP8L"
      let packed = try littleEndian(21, count: 4)
      return (packed & 0x3FFF + 1, packed >> 14 & 0x3FFF + 1)
    case 0x5650_3820:  // "VP8 "
      return (try littleEndian(26, count: 2) & 0x3FFF, try littleEndian(28, count: 2) & 0x3FFF)
    default: throw .senseless
    }
  }

  /// The first OS/2 header has 16-bit sizes, all later ones 32-bit; a negative height means rows
  /// from the top.
  func bmp() throws(Fault) -> (width: Int, height: Int) {
    if try littleEndian(14, count: 4) == 12 {
      return (try littleEndian(18, count: 2), try littleEndian(20, count: 2))
    }
    let height = Int32(truncatingIfNeeded: try littleEndian(22, count: 4))
    return (try littleEndian(18, count: 4), Int(height.magnitude))
  }

  /// TIFF 6.0 §2: the entries 256 (width) and 257 (length) of the first directory.
  func tiff() throws(Fault) -> (width: Int, height: Int) {
    let isLittle = try byte(0) == 0x49
    func number(_ offset: Int, count: Int) throws(Fault) -> Int {
      isLittle
        ? try littleEndian(offset, count: count) : try bigEndian(offset, count: count)
    }
    let directory = try number(4, count: 4)
    var width: Int?
    var height: Int?
    for entry in 0..<(try number(directory, count: 2)) {
      let offset = directory + 2 + entry * 12
      let tag = try number(offset, count: 2)
      guard tag == 256 || tag == 257 else { continue }
      let isShort = try number(offset + 2, count: 2) == 3
      let value = try number(offset + 8, count: isShort ? 2 : 4)
      // Of a tag that is there twice decoders take the first.
      if tag == 256 { width = width ?? value } else { height = height ?? value }
    }
    return (width ?? 0, height ?? 0)
  }

  /// Two decimal numbers after the magic, among white space and `#` comments.
  func pnm() throws(Fault) -> (width: Int, height: Int) {
    var offset = 2
    func number() throws(Fault) -> Int {
      while true {
        switch try byte(offset) {
        case 0x23: while try byte(offset) != 0x0A { offset += 1 }
        case 0x20, 0x09, 0x0A, 0x0D: offset += 1
        default:
          var value = 0
          while case 0x30...0x39 = try byte(offset) {
            value = value * 10 + (try byte(offset)) - 0x30
            guard value <= Int(Int32.max) else { throw .senseless }
            offset += 1
          }
          guard value > 0 else { throw .senseless }
          return value
        }
      }
    }
    return (try number(), try number())
  }
}
