import COpenCV
import FERCore
import Foundation

/// A picture in memory: BGR, 8 bits, rows from the top. It never changes, so threads may share it;
/// `Canvas` draws on a copy.
final class Image: Sendable {
  /// Larger images are refused before they are decoded: 200 megapixels, as many as a phone takes, are 600 MB in memory.
  static let pixelLimit = 200_000_000

  let handle: ImageHandle

  init(_ handle: consuming ImageHandle) { self.handle = handle }

  /// Decodes an image file, turned as its EXIF orientation says.
  ///
  /// Throws `EmojifyError.missingInput` where the file is not there or cannot be read, `.badData`
  /// where it is no image of a known format, damaged, cut short, or of more than `pixelLimit`
  /// pixels.
  convenience init(contentsOf file: URL, pixelLimit: Int = pixelLimit) throws {
    let data = try ImageDecoder.bytes(of: file)
    try self.init(data: data, name: file.relativePath, pixelLimit: pixelLimit)
  }

  /// Decodes an image file held in memory; errors (`.badData`) call it `name`.
  convenience init(data: Data, name: String, pixelLimit: Int = pixelLimit) throws {
    self.init(try ImageDecoder.decode(data, name: name, channels: 3, pixelLimit: pixelLimit))
  }

  /// An image of `pixels`: BGR, `[height, width, 3]`.
  convenience init(width: Int, height: Int, pixels: [UInt8]) throws {
    precondition(
      width > 0 && height > 0 && pixels.count == width * height * 3,
      "\(pixels.count) values for an image of \(width) x \(height) x 3")
    self.init(
      try ImageHandle("image") {
        copencv_image_create(Int32(width), Int32(height), 3, pixels, $0, $1, $2)
      })
  }

  var width: Int { Int(copencv_image_width(handle.pointer)) }
  var height: Int { Int(copencv_image_height(handle.pointer)) }
  var bounds: FaceBox { FaceBox(x: 0, y: 0, width: width, height: height) }

  /// A copy of all values, `[height, width, channels]`.
  var pixels: [UInt8] {
    let count = width * height * Int(copencv_image_channels(handle.pointer))
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress { copencv_image_copy_pixels(handle.pointer, base) }
      initialized = count
    }
  }

  /// The region as gray, `[height, width]`, averaged when it shrinks. Where it leaves the image,
  /// the image's border pixels are repeated. Throws `EmojifyError.badData` where it lies outside
  /// altogether.
  func grayPixels(region: FaceBox, width: Int, height: Int) throws -> [UInt8] {
    try pixels(region: region, as: FaceFormat(width: width, height: height))
  }

  /// The region in a network's form, as `grayPixels` takes it.
  func pixels(region: FaceBox, as format: FaceFormat) throws -> [UInt8] {
    precondition(format.width > 0 && format.height > 0 && region.width > 0 && region.height > 0)
    var pixels = [UInt8](repeating: 0, count: format.count)
    try openCV("image region \(region)") { reason, capacity in
      copencv_image_region(
        handle.pointer, Int32(region.x), Int32(region.y), Int32(region.width),
        Int32(region.height), Int32(format.width), Int32(format.height), Int32(format.channels),
        &pixels, reason, capacity)
    }
    guard format.color == .rgb else { return pixels }
    for place in stride(from: 0, to: pixels.count, by: 3) { pixels.swapAt(place, place + 2) }
    return pixels
  }

  /// The whole image as gray, resized to `side` x `side`: for an image that is a face already.
  func grayPixels(side: Int) throws -> [UInt8] {
    try grayPixels(region: bounds, width: side, height: side)
  }

  /// This image in another size.
  func resized(width: Int, height: Int) throws -> Image {
    precondition(width > 0 && height > 0)
    return Image(
      try ImageHandle("image") {
        copencv_image_convert(handle.pointer, Int32(width), Int32(height), 3, $0, $1, $2)
      })
  }

  /// Writes the image in the format its extension names, atomically. `quality` 1...100 counts for
  /// JPEG and WebP.
  ///
  /// Throws `EmojifyError.usage` for an extension no encoder knows, and what `AtomicFile` throws.
  func write(to file: URL, quality: Int = 92) throws {
    try AtomicFile.write(
      try encoded(as: file.pathExtension, name: file.relativePath, quality: quality), to: file)
  }

  /// What `write` puts into an image file with this extension.
  static let writableExtensions = ["png", "jpg", "jpeg", "webp", "bmp"]

  /// Throws `EmojifyError.usage` where no encoder knows the file's extension.
  static func checkEnding(of file: URL) throws {
    try check(file.pathExtension, name: file.relativePath)
  }

  private static func check(_ fileExtension: String, name: String) throws {
    guard !writableExtensions.contains(fileExtension.lowercased()) else { return }
    throw EmojifyError.usage(
      "\(name): cannot write '.\(fileExtension)', expected one of "
        + writableExtensions.map { ".\($0)" }.joined(separator: ", "))
  }

  /// The bytes of an image file; `name` is for the error.
  func encoded(as fileExtension: String, name: String = "image", quality: Int = 92) throws -> Data {
    precondition((1...100).contains(quality), "quality \(quality)")
    try Self.check(fileExtension, name: name)
    let fileExtension = fileExtension.lowercased()
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    try openCV(name) { reason, capacity in
      copencv_image_encode(
        handle.pointer, ".\(fileExtension)", Int32(quality), &bytes, &count, reason, capacity)
    }
    guard let bytes else { throw EmojifyError.internalFault("\(name): the encoder gave nothing") }
    return Data(
      bytesNoCopy: bytes, count: count,
      deallocator: .custom { pointer, _ in
        copencv_bytes_release(pointer.assumingMemoryBound(to: UInt8.self))
      })
  }
}
