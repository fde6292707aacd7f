import COpenCV
import FERCore
import Foundation

/// From image files to pixels. FERCore's folder reader is handed `grayPixels(of:side:)`.
enum ImageDecoder {
  /// No image file of `Image.pixelLimit` pixels is larger, not even uncompressed with 16 bits a
  /// channel.
  private static let byteLimit = 1 << 30

  /// The image file as one channel of gray, in its own size.
  static func gray(_ data: Data, name: String) throws -> Image {
    Image(try decode(data, name: name, channels: 1, pixelLimit: Image.pixelLimit))
  }

  /// The image file as gray values, `[side, side]`. A gray 8-bit file of just that size gives its
  /// own values; another size is resized, averaging when it shrinks; colour becomes gray.
  ///
  /// `report` is told the image's own width and height. Throws what `Image(contentsOf:)` throws. May be
  /// called from several threads.
  static func grayPixels(
    of file: URL, side: Int, report: (_ width: Int, _ height: Int) -> Void = { _, _ in }
  ) throws -> [UInt8] {
    let image = try gray(try bytes(of: file), name: file.relativePath)
    report(image.width, image.height)
    return try image.grayPixels(side: side)
  }

  /// Decodes `data` into 1 (gray), 3 (BGR) or 4 (BGRA) channels, after a look at the size its
  /// header claims.
  static func decode(
    _ data: Data, name: String, channels: Int, pixelLimit: Int
  ) throws -> ImageHandle {
    let header = try data.withUnsafeBytes { try ImageHeader($0, name: name) }
    guard header.width <= pixelLimit / header.height else {
      throw EmojifyError.badData(
        "\(name): \(header.width) x \(header.height) pixels, expected at most "
          + "\(Double(pixelLimit) / 1e6) megapixels")
    }
    let subject = "\(name): cannot be decoded as \(header.format.rawValue)"
    return try ImageHandle(subject) { image, reason, capacity in
      data.withUnsafeBytes { bytes in
        copencv_image_decode(
          bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, Int32(channels), image,
          reason, capacity)
      }
    }
  }

  /// The whole file, given that it begins like an image.
  ///
  /// Throws `EmojifyError.missingInput` where it cannot be read, `.badData` where it is no image or
  /// too large.
  static func bytes(of file: URL) throws -> Data {
    let name = file.relativePath
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder) else {
      throw EmojifyError.missingInput("\(name): no such file")
    }
    guard !isFolder.boolValue else {
      throw EmojifyError.missingInput("\(name): is a folder, expected an image file")
    }
    do {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      return try bytes(of: handle, name: name)
    } catch let error as EmojifyError {
      throw error
    } catch {
      throw EmojifyError.missingInput("\(name): cannot be read: \(reason(of: error))")
    }
  }

  /// The same for a file that is open already, such as standard input.
  static func bytes(of handle: FileHandle, name: String) throws -> Data {
    do {
      var data = try handle.read(upToCount: 16) ?? Data()
      // An endless or huge file that is no image is not read any further.
      if !data.isEmpty, data.withUnsafeBytes(ImageHeader.format(of:)) == nil {
        throw ImageHeader.unknownFormat(name)
      }
      data.append(try handle.read(upToCount: byteLimit) ?? Data())
      guard data.count < byteLimit else {
        throw EmojifyError.badData("\(name): more than 1 GB, too large for an image")
      }
      return data
    } catch let error as EmojifyError {
      throw error
    } catch {
      throw EmojifyError.missingInput("\(name): cannot be read: \(reason(of: error))")
    }
  }

  /// The system's own words, without Foundation's.
  private static func reason(of error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    let systems = [underlying, error as NSError].compactMap(\.self).first {
      $0.domain == NSPOSIXErrorDomain
    }
    return systems.map { String(cString: strerror(Int32($0.code))) } ?? error.localizedDescription
  }
}
