import Foundation

/// Who may ask: those with the token, and, on a server for this machine alone, those who call it by its name.
struct AccessCheck: Sendable {
  let token: String?
  /// Nil where any name is right.
  private let names: Set<String>?

  init(token: String?, host: String) {
    self.token = token
    let name = host.lowercased()
    names =
      Self.isLoopback(name) ? ["localhost", "127.0.0.1", "[::1]", name, "[\(name)]"] : nil
  }

  /// Whether the name leads to this machine's own network alone, however it is spelled.
  private static func isLoopback(_ host: String) -> Bool {
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, nil, &found) == 0 else { return false }
    defer { freeaddrinfo(found) }
    var next = found
    while let address = next?.pointee {
      guard isLoopback(address) else { return false }
      next = address.ai_next
    }
    return true
  }

  /// 127.0.0.0/8 (RFC 1122, 3.2.1.3) or ::1 (RFC 4291, 2.5.3).
  private static func isLoopback(_ address: addrinfo) -> Bool {
    guard let bytes = UnsafeRawPointer(address.ai_addr) else { return false }
    switch address.ai_family {
    case AF_INET:
      return UInt32(bigEndian: bytes.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr) >> 24
        == 127
    case AF_INET6:
      let number = bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      return withUnsafeBytes(of: number) { Array($0) } == [UInt8](repeating: 0, count: 15) + [1]
    default:
      return false
    }
  }

  var isForThisMachineAlone: Bool { names != nil }

  /// A stranger's page can give its own name this machine's address (DNS rebinding); its requests carry that name.
  func allows(host header: String?) -> Bool {
    guard let names else { return true }
    guard let header else { return true }  // HTTP/1.0; no browser
    let end = header.hasPrefix("[") ? header.firstIndex(of: "]").map(header.index(after:)) : nil
    let name = header[..<(end ?? header.firstIndex(of: ":") ?? header.endIndex)]
    return names.contains(name.lowercased())
  }

  /// The token as `Authorization: Bearer …`, or as `?token=…` for what can send no header.
  func allows(authorization: String?, argument: String?) -> Bool {
    guard let token else { return true }
    if let authorization, authorization.lowercased().hasPrefix("bearer ") {
      return Self.areEqual(String(authorization.dropFirst(7)), token)
    }
    return argument.map { Self.areEqual($0, token) } ?? false
  }

  /// Takes as long for a wrong first letter as for a wrong last one.
  static func areEqual(_ given: String, _ expected: String) -> Bool {
    let given = Array(given.utf8)
    let expected = Array(expected.utf8)
    guard !expected.isEmpty else { return given.isEmpty }
    var difference = given.count ^ expected.count
    for (place, byte) in given.enumerated() {
      difference |= Int(byte ^ expected[place % expected.count])
    }
    return difference == 0
  }
}
