import Foundation

/// PNG files made byte by byte from the specification (PNG 1.2), so that reading them is checked
/// against something other than the library that reads. 8 bits, not compressed, not filtered.
enum HandmadePNG {
  enum Colour: UInt8 {
    case gray = 0
    case rgb = 2
    case rgba = 6

    var channels: Int { [.gray: 1, .rgb: 3, .rgba: 4][self]! }
  }

  /// `pixels` are `[height, width, channels]`.
  static func data(width: Int, height: Int, _ colour: Colour, pixels: [UInt8]) -> Data {
    let rowLength = width * colour.channels
    precondition(pixels.count == rowLength * height)
    var rows: [UInt8] = []
    for row in 0..<height {
      rows.append(0)  // filter: none
      rows += pixels[row * rowLength..<(row + 1) * rowLength]
    }
    return signature + header(width: width, height: height, colour)
      + chunk("IDAT", zlibStored(rows)) + chunk("IEND", [])
  }

  static let signature = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])

  /// The IHDR chunk alone: it may claim any size.
  static func header(width: Int, height: Int, _ colour: Colour) -> Data {
    let size = bigEndian(UInt32(width)) + bigEndian(UInt32(height))
    return chunk("IHDR", size + [8, colour.rawValue, 0, 0, 0])
  }

  static func chunk(_ name: String, _ content: [UInt8]) -> Data {
    let body = Array(name.utf8) + content
    return Data(bigEndian(UInt32(content.count)) + body + bigEndian(crc32(body)))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian, Array.init)
  }

  /// RFC 1950 around RFC 1951's stored blocks.
  private static func zlibStored(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(65_535)
      rest = rest.dropFirst(block.count)
      let length = UInt16(block.count)
      stream.append(rest.isEmpty ? 1 : 0)
      for part in [length, ~length] { stream += [UInt8(part & 255), UInt8(part >> 8)] }
      stream += block
    } while !rest.isEmpty
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return stream + bigEndian(high << 16 | low)
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in
        crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1
      }
    }
  }
}
