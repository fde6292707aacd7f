/// Who may ask: those with the token, and, on a server for this machine alone, those who call it by its name.
struct AccessCheck: Sendable {
  let token: String?
  /// Nil where any name is right.
  private let names: Set<String>?

  init(token: String?, host: String) {
    self.token = token
    let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
    names = isLoopback ? ["localhost", "127.0.0.1", "[::1]", host] : nil
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
