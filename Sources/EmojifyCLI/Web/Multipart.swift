import Foundation

/// One part of a `multipart/form-data` body (RFC 7578), the way browsers and curl send a file.
struct Multipart {
  struct Fault: Error {
    let message: String
    init(_ message: String) { self.message = message }
  }

  /// As the client calls it; nil where it does not. Never a path for us.
  let fileName: String?
  let type: String?
  /// Shares the body's memory.
  let content: Data

  private static let headerLimit = 8 << 10

  /// The boundary that a Content-Type names; nil where it is not of multipart/form-data.
  static func boundary(in contentType: String) -> String? {
    let fields = contentType.split(separator: ";")
    guard let type = fields.first, type.trimmed.lowercased() == "multipart/form-data" else {
      return nil
    }
    for field in fields.dropFirst() {
      let parts = field.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].trimmed.lowercased() == "boundary" else { continue }
      var value = parts[1].trimmed
      if value.count >= 2, value.first == "\"", value.last == "\"" {
        value = String(value.dropFirst().dropLast())
      }
      return value
    }
    return ""
  }

  /// The one part of `body`. Throws `Fault` where there is none or another, and where the body is cut or malformed.
  init(_ body: Data, boundary: String) throws(Fault) {
    guard (1...70).contains(boundary.utf8.count) else {
      throw Fault("multipart/form-data without a boundary of 1 to 70 characters")
    }
    let opening = Data("--\(boundary)\r\n".utf8)
    guard body.starts(with: opening) else {
      throw Fault("the multipart body does not begin with its boundary")
    }
    let headersStart = body.startIndex + opening.count
    let headersLimit = min(body.endIndex, headersStart + Self.headerLimit)
    guard
      let headersEnd = body.range(
        of: Data("\r\n\r\n".utf8), in: headersStart..<headersLimit)
    else { throw Fault("the part's header does not end") }
    let delimiter = Data("\r\n--\(boundary)".utf8)
    guard let end = body.place(of: delimiter, from: headersEnd.upperBound) else {
      throw Fault("the multipart body is cut: its boundary does not come again")
    }
    let after = body[(end + delimiter.count)...]
    guard after.starts(with: Data("--".utf8)) else {
      throw Fault(
        after.starts(with: Data("\r\n".utf8))
          ? "more than one part: send one image" : "the multipart body is cut or malformed")
    }
    let rest = after.dropFirst(2)
    guard rest.isEmpty || rest == Data("\r\n".utf8) else {
      throw Fault("there are bytes behind the multipart body's end")
    }

    var disposition: String?
    var type: String?
    let headers = String(decoding: body[headersStart..<headersEnd.lowerBound], as: UTF8.self)
    for line in headers.components(separatedBy: "\r\n") {
      guard let colon = line.firstIndex(of: ":") else {
        throw Fault("a part's header is malformed")
      }
      let value = line[line.index(after: colon)...].trimmed
      switch line[..<colon].lowercased() {
      case "content-disposition": disposition = value
      case "content-type": type = value
      default: break
      }
    }
    guard let disposition, disposition.lowercased().hasPrefix("form-data") else {
      throw Fault("the part is no form-data")
    }
    fileName = disposition.firstMatch(of: /;\s*filename="([^"]*)"/).map { String($0.1) }
    self.type = type
    content = body[headersEnd.upperBound..<end]
  }
}

extension Data {
  /// Where `pattern`, which begins with a carriage return, is found first.
  fileprivate func place(of pattern: Data, from start: Int) -> Int? {
    withUnsafeBytes { bytes -> Int? in
      pattern.withUnsafeBytes { pattern -> Int? in
        guard let base = bytes.baseAddress, let wanted = pattern.baseAddress else { return nil }
        var offset = start - startIndex
        let last = bytes.count - pattern.count
        while offset <= last {
          guard let found = memchr(base + offset, 13, last - offset + 1) else { return nil }
          offset = UnsafeRawPointer(found) - base
          if memcmp(base + offset, wanted, pattern.count) == 0 { return startIndex + offset }
          offset += 1
        }
        return nil
      }
    }
  }
}

extension StringProtocol {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
