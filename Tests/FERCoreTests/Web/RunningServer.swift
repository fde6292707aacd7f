import Foundation
import Testing

/// The built `emojify serve` on a free port, and a client that sends exactly the bytes it is told to.
final class RunningServer {
  let port: UInt16
  let firstLine: String
  let process = Process()

  init(_ arguments: String..., environment: [String: String] = [:]) throws {
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: Binary.path)
    process.arguments = ["serve", "--port", "0", "--quiet"] + arguments
    var variables = ProcessInfo.processInfo.environment
    variables["EMOJIFY_MODEL"] = Binary.root.appendingPathComponent("models/best.h5").path
    variables["EMOJIFY_SHARE"] = Binary.root.path
    variables["EMOJIFY_TOKEN"] = nil
    process.environment = variables.merging(environment) { $1 }
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var line = Data()
    while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty,
      byte != Data("\n".utf8)
    {
      line += byte
    }
    firstLine = String(decoding: line, as: UTF8.self)
    let number = firstLine.firstMatch(of: /:(\d+)\//).flatMap { UInt16($0.1) }
    port = try #require(number, "no URL: \(firstLine)")
  }

  deinit {
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  /// Asks it to stop and returns its exit code.
  func stop(_ signal: Int32 = SIGTERM) -> Int32 {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -1
  }

  struct Answer {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }

    init(_ bytes: Data) throws {
      let end = try #require(bytes.range(of: Data("\r\n\r\n".utf8)), "no answer")
      let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        .components(separatedBy: "\r\n")
      status = try #require(head[0].split(separator: " ").dropFirst().first.flatMap { Int($0) })
      headers = Dictionary(
        head.dropFirst().map { line in
          let parts = line.split(separator: ":", maxSplits: 1)
          return (parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces))
        }, uniquingKeysWith: { $0 + ", " + $1 })
      body = Data(bytes[end.upperBound...])
    }

    func json() throws -> [String: Any] {
      try #require(JSONSerialization.jsonObject(with: body) as? [String: Any])
    }
  }

  func ask(
    _ method: String, _ path: String, _ headers: [String: String] = [:], body: Data? = nil
  ) throws -> Answer {
    let client = try Client(port)
    client.send(RunningServer.head(method, path, headers, count: body?.count))
    if let body { client.send(body) }
    return try Answer(client.readAll())
  }

  static func head(
    _ method: String, _ path: String, _ headers: [String: String] = [:], count: Int? = nil
  ) -> Data {
    var lines = ["\(method) \(path) HTTP/1.1", "Connection: close"]
    if headers["Host"] == nil { lines.append("Host: 127.0.0.1") }
    lines += headers.map { "\($0): \($1)" }
    if let count { lines.append("Content-Length: \(count)") }
    return Data((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  struct Refused: Error {
    let reason: String
  }

  /// A connection; no call waits longer than 20 s.
  final class Client {
    private let descriptor: Int32
    /// The server has closed the connection, and all it sent was read.
    private(set) var isAtEnd = false

    init(_ port: UInt16) throws {
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var timeout = timeval(tv_sec: 20, tv_usec: 0)
      setsockopt(
        descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
      let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard connected == 0 else { throw Refused(reason: String(cString: strerror(errno))) }
    }

    deinit { close(descriptor) }

    /// What the server does not take any more is not sent.
    func send(_ data: Data) {
      data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
        guard let base = bytes.baseAddress else { return }
        var offset = 0
        while offset < bytes.count {
          let sent = Glibc.send(
            descriptor, base + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
          guard sent > 0 else { return }
          offset += sent
        }
      }
    }

    /// At least `count` bytes, or all there are.
    func read(_ count: Int) -> Data {
      var data = Data()
      var buffer = [UInt8](repeating: 0, count: 65536)
      while data.count < count {
        let got = recv(descriptor, &buffer, buffer.count, 0)
        isAtEnd = got == 0
        guard got > 0 else { break }
        data += buffer[..<got]
      }
      return data
    }

    func readAll() -> Data { read(.max) }
  }
}
