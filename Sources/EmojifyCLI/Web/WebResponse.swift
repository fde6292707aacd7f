import CMicroHTTPD
import FERCore
import Foundation

/// An answer, with the headers that every one has.
struct WebResponse: Sendable {
  var status: Int
  var type: String
  var body: Data
  var headers: [(name: String, value: String)] = []

  init(_ status: Int = 200, type: String, _ body: Data) {
    self.status = status
    self.type = type
    self.body = body
  }

  init(_ status: Int = 200, type: String, _ text: String) {
    self.init(status, type: type, Data(text.utf8))
  }

  static func json(_ value: some Encodable) -> WebResponse {
    do {
      return WebResponse(type: "application/json", try JSONOutput.text(value) + "\n")
    } catch {
      return .fault(500, "the answer cannot be written as JSON")
    }
  }

  /// A fault as `{"error": "…"}`.
  static func fault(_ status: Int, _ message: String) -> WebResponse {
    let text = (try? JSONOutput.line(["error": message])) ?? "{}"
    return WebResponse(status, type: "application/json", text + "\n")
  }

  func with(_ name: String, _ value: String) -> WebResponse {
    var response = self
    response.headers.append((name, value))
    return response
  }

  /// Nothing but this server's own files and words, and no frame around them.
  private static let policy = """
    default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'
    """

  private static let common = [
    ("Content-Security-Policy", policy),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(self), microphone=(), geolocation=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
  ]

  func withCHeaders<Result>(_ body: (UnsafeBufferPointer<cmhd_header>) -> Result) -> Result {
    var all = Self.common + headers.map { ($0.name, $0.value) } + [("Content-Type", type)]
    if !headers.contains(where: { $0.name == "Cache-Control" }) {
      all.append(("Cache-Control", "no-store"))
    }
    let copies = all.map { (strdup($0.0), strdup($0.1)) }
    defer {
      for (name, value) in copies {
        free(name)
        free(value)
      }
    }
    return copies.map { cmhd_header(name: $0.0, value: $0.1) }.withUnsafeBufferPointer(body)
  }
}
