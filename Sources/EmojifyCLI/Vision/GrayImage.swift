import COpenCV
import FERCore
import Foundation

/// Gray pixels as an image file of one channel.
enum GrayImage {
  /// The bytes of a PNG file of `side * side` gray values, row-major: reading it gives the same values.
  static func png(_ pixels: [UInt8], side: Int) throws -> Data {
    try Image(try handle(pixels, side: side)).encoded(as: "png")
  }

  /// An image of one channel, to work on.
  static func handle(_ pixels: [UInt8], side: Int) throws -> ImageHandle {
    precondition(pixels.count == side * side, "\(pixels.count) values for a side of \(side)")
    return try ImageHandle("image") {
      copencv_image_create(Int32(side), Int32(side), 1, pixels, $0, $1, $2)
    }
  }
}
