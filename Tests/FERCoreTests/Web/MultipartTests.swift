import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct MultipartTests {
  private static let part =
    "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"me.jpg\"\r\n"
    + "Content-Type: image/jpeg\r\n\r\n"

  private func parse(_ text: String, boundary: String = "b") throws -> Multipart {
    // A slice: its indices do not begin with 0.
    try Multipart(Data("xx\(text)".utf8).dropFirst(2), boundary: boundary)
  }

  @Test(arguments: [
    "", "plain", "\r\n", "\r", "\r\n--", "\r\n--a", "--b--", "\r\n-\r\n--\r\r\n", "\u{0}\u{FF}",
  ])
  func contentIsWhatLiesBetween(content: String) throws {
    for end in ["", "\r\n"] {
      let part = try parse(Self.part + content + "\r\n--b--" + end)
      #expect(part.content == Data(content.utf8))
      #expect(part.fileName == "me.jpg")
      #expect(part.type == "image/jpeg")
    }
  }

  @Test func everyCutIsRefused() throws {
    let whole = Self.part + "content\r\n--b--"
    for count in 0..<whole.utf8.count {
      let cut = String(decoding: whole.utf8.prefix(count), as: UTF8.self)
      #expect(throws: Multipart.Fault.self, "\(count) bytes") { try parse(cut) }
    }
  }

  @Test(arguments: [
    part + "a\r\n--b\r\n\r\nc\r\n--b--",  // two parts
    part + "a\r\n--b--more",  // something behind the end
    part + "a\r\n--bb--",  // another boundary
    "preamble\r\n" + part + "a\r\n--b--",
    "--b\r\nContent-Type: image/png\r\n\r\na\r\n--b--",  // not form-data
    "--b\r\nno colon\r\n\r\na\r\n--b--",
    "--b\r\n" + String(repeating: "X: y\r\n", count: 3000) + "\r\na\r\n--b--",
  ])
  func whatIsNotOnePartIsRefused(body: String) throws {
    #expect(throws: Multipart.Fault.self) { try parse(body) }
  }

  @Test func aBoundaryHasALength() throws {
    for boundary in ["", String(repeating: "b", count: 71)] {
      #expect(throws: Multipart.Fault.self) {
        try parse("--\(boundary)\r\n\r\n\r\n--\(boundary)--", boundary: boundary)
      }
    }
  }

  @Test(arguments: [
    ("multipart/form-data; boundary=abc", "abc"),
    ("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", "a b"),
    ("multipart/form-data", ""), ("image/png", nil), ("multipart/mixed; boundary=a", nil),
    ("", nil),
  ])
  func boundaries(type: String, expected: String?) {
    #expect(Multipart.boundary(in: type) == expected)
  }
}

@Suite struct AccessCheckTests {
  @Test func tokens() {
    let access = AccessCheck(token: "secret", host: "0.0.0.0")
    #expect(access.allows(authorization: "Bearer secret", argument: nil))
    #expect(access.allows(authorization: "bearer secret", argument: nil))
    #expect(access.allows(authorization: nil, argument: "secret"))
    for wrong in ["", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Basic secret"] {
      #expect(!access.allows(authorization: wrong, argument: nil), "\(wrong)")
    }
    // One that is there counts: a wrong header is not saved by an argument.
    #expect(!access.allows(authorization: "Bearer wrong", argument: "secret"))
    for wrong in ["", "s", "secretsecret", "Secret"] {
      #expect(!access.allows(authorization: nil, argument: wrong), "\(wrong)")
    }
  }

  @Test func namesOfThisMachine() {
    let access = AccessCheck(token: nil, host: "127.0.0.1")
    for name in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "[::1]"] {
      #expect(access.allows(host: name), "\(name)")
    }
    for name in ["evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example", "[::2]"] {
      #expect(!access.allows(host: name), "\(name)")
    }
    #expect(AccessCheck(token: nil, host: "0.0.0.0").allows(host: "any.example"))
    #expect(AccessCheck(token: nil, host: "::").allows(host: "any.example"))
  }

  @Test(arguments: ["localhost", "LocalHost", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1"])
  func spellingsOfThisMachine(host: String) {
    let access = AccessCheck(token: nil, host: host)
    #expect(access.isForThisMachineAlone && !access.allows(host: "evil.example"))
    #expect(access.allows(host: host.contains(":") ? "[\(host)]:8080" : "\(host):8080"))
  }
}
