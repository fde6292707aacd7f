import Foundation

extension FaceDataset {
  /// Writes fer2013.csv's format (`emotion,pixels,Usage`, one face a line), atomically and in
  /// pieces.
  ///
  /// Throws `EmojifyError.usage` where a class is no emotion, which that format has no number for,
  /// and what `AtomicFile` throws.
  public func writeCSV(to url: URL) throws {
    let emotions = try classNames.map { name in
      guard let emotion = Emotion(name: name) else {
        throw EmojifyError.usage(
          "class '\(name)' is no emotion: fer2013.csv's format has no number for it")
      }
      return emotion
    }
    let numbers = (0...255).map { Array(" \($0)".utf8) }
    try AtomicFile.replace(url) { temporary in
      let descriptor = open(temporary.path, O_WRONLY | O_TRUNC | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw EmojifyError.missingInput(
          "\(url.relativePath): cannot write: \(String(cString: strerror(errno)))")
      }
      defer { close(descriptor) }
      let pieceSize = 1 << 20
      var text = Array("emotion,pixels,Usage\n".utf8)
      text.reserveCapacity(pieceSize + 4 * imageSize + 64)
      for index in 0..<count {
        text += "\(emotions[Int(labels[index])].rawValue),".utf8
        let start = text.count
        for pixel in pixels[index * imageSize..<(index + 1) * imageSize] {
          text += numbers[Int(pixel)].dropFirst(text.count == start ? 1 : 0)
        }
        text += ",\(splits[index].name)\n".utf8
        if text.count >= pieceSize {
          try text.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, naming: url) }
          text.removeAll(keepingCapacity: true)
        }
      }
      try text.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, naming: url) }
    }
  }
}
