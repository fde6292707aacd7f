import FERCore
import Foundation

/// What a photo may be.
enum PhotoLimits {
  /// A larger picture is refused by its header: 50 megapixels are 150 MB decoded.
  static let pixels = 50_000_000
}

/// A photo as a request brings it: looked at, not decoded.
struct PhotoUpload {
  let image: Data
  let name: String

  /// The types a photo may come as.
  private static let types = sayingNothing.union(["image/jpeg", "image/jpg", "image/png"])

  /// What is said where nobody knows what is sent; the last by `curl --data-binary`.
  private static let sayingNothing: Set = [
    "application/octet-stream", "application/x-www-form-urlencoded",
  ]

  /// What is wrong with a Content-Type, known before the body is read.
  static func fault(ofType type: String?) -> WebResponse? {
    guard let type, Multipart.boundary(in: type) == nil else { return nil }
    return types.contains(plain(type)) ? nil : unsupported("'\(plain(type))'")
  }

  /// Throws the answer for what is no photo.
  init(_ body: Data, type: String?) throws(Fault) {
    guard !body.isEmpty else { throw Fault(.fault(400, "the request has no body: send an image")) }
    var claimed = type.map(Self.plain)
    if let type, let boundary = Multipart.boundary(in: type) {
      do {
        let part = try Multipart(body, boundary: boundary)
        image = part.content
        name = part.fileName.map { String($0.prefix(200)) } ?? "photo"
        claimed = part.type.map(Self.plain)
      } catch {
        throw Fault(.fault(400, error.message))
      }
    } else {
      image = body
      name = "photo"
    }
    try Self.check(image, claimed: claimed, name: name)
  }

  struct Fault: Error {
    let response: WebResponse
    init(_ response: WebResponse) { self.response = response }
  }

  private static func check(_ image: Data, claimed: String?, name: String) throws(Fault) {
    let format = image.withUnsafeBytes(ImageHeader.format(of:))
    guard format == .jpeg || format == .png else {
      if let format { throw Fault(unsupported(format.rawValue)) }
      // Said to be an image: a damaged one. Said to be anything: another kind of file.
      if claimed?.hasPrefix("image/") == true, types.contains(claimed ?? "") {
        throw Fault(.fault(422, "\(name): the bytes are no JPEG or PNG"))
      }
      let says = claimed.flatMap { Self.sayingNothing.contains($0) ? nil : "'\($0)'" }
      throw Fault(unsupported(says))
    }
    do {
      let header = try image.withUnsafeBytes { try ImageHeader($0, name: name) }
      guard header.width <= PhotoLimits.pixels / header.height else {
        throw Fault(
          .fault(
            413,
            "\(name): \(header.width) x \(header.height) pixels, expected at most "
              + "\(PhotoLimits.pixels / 1_000_000) megapixels"))
      }
    } catch let fault as Fault {
      throw fault
    } catch {
      throw Fault(.fault(422, "\(error)"))
    }
  }

  /// - Parameter what: nil where nobody says what the body is.
  private static func unsupported(_ what: String?) -> WebResponse {
    let fault = what.map { "\($0) is not supported" } ?? "the body is neither JPEG nor PNG"
    return .fault(415, "\(fault): send a JPEG or PNG, or multipart/form-data with one")
      .with("Accept", "image/jpeg, image/png, multipart/form-data")
  }

  /// The type without its parameters.
  private static func plain(_ type: String) -> String {
    type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
  }
}
