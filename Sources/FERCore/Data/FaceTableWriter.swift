import Foundation

extension FaceDataset {
  /// Writes fer2013.csv's format (`emotion,pixels,Usage`, one face a line), atomically and in pieces.
  ///
  /// Throws `EmojifyError.badData` where a class is no emotion, which that format has no number for, and
  /// what `AtomicFile` throws.
  public func writeCSV(to url: URL) throws {
    let emotions = try classNames.map { name in
      guard let emotion = Emotion(name: name) else {
        throw EmojifyError.badData(
          "class '\(name)' is no emotion: fer2013.csv's format has no number for it")
      }
      return emotion
    }
    try AtomicFile.replace(url) { temporary in
      let descriptor = open(temporary.path, O_WRONLY | O_TRUNC | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw EmojifyError.missingInput(
          "\(url.relativePath): cannot write: \(String(cString: strerror(errno)))")
      }
      defer { close(descriptor) }
      let pieceSize = 1 << 20
      let header = Array("emotion,pixels,Usage\n".utf8)
      var text = [UInt8](repeating: 0, count: pieceSize + 4 * imageSize + 64)
      text.replaceSubrange(..<header.count, with: header)
      var end = header.count
      for index in 0..<count {
        text[end] = UInt8(ascii: "0") + UInt8(emotions[Int(labels[index])].rawValue)
        let pixelStart = end + 1
        end = append(pixelsOf: index, to: &text, at: pixelStart)
        text[pixelStart] = UInt8(ascii: ",")  // over the first pixel's blank
        for byte in ",\(splits[index].name)\n".utf8 {
          text[end] = byte
          end += 1
        }
        if end >= pieceSize || index == count - 1 {
          try text.withUnsafeBytes {
            try AtomicFile.writeAll(.init(rebasing: $0[..<end]), to: descriptor, naming: url)
          }
          end = 0
        }
      }
      try text.withUnsafeBytes {  // the header of an empty data set
        try AtomicFile.writeAll(.init(rebasing: $0[..<end]), to: descriptor, naming: url)
      }
    }
  }

  /// Writes each pixel as a blank and its digits; returns where the text ends. `text` has four bytes a
  /// pixel and more from `start` on.
  private func append(pixelsOf index: Int, to text: inout [UInt8], at start: Int) -> Int {
    precondition(text.count - start >= 4 * imageSize)
    return text.withUnsafeMutableBytes { text in
      var end = start
      for pixel in pixels[index * imageSize..<(index + 1) * imageSize] {
        let (word, length) = Self.pixelWords[Int(pixel)]
        text.storeBytes(of: word, toByteOffset: end, as: UInt32.self)
        end += length
      }
      return end
    }
  }

  /// " 0" to " 255" as four bytes in the order of a little-endian load, and how many of them count.
  private static let pixelWords: [(word: UInt32, length: Int)] = (0...255).map { pixel in
    let bytes = Array(" \(pixel)".utf8)
    let word = bytes.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (8 * $1.offset) }
    return (word.littleEndian, bytes.count)
  }
}
