import Foundation
import Testing

@testable import EmojifyCLI

/// What a server holds in memory for its clients is bounded, and no client takes it all.
@Suite struct WebServerTests {
  /// Answers a GET with as many bytes as its path says, where they may wait, and a POST with how its body fared.
  private final class Echo: WebApplication {
    func begin(_ exchange: Exchange) -> Bool {
      guard exchange.method == "GET" else { return false }
      let count = Int(exchange.path.dropFirst()) ?? 0
      let fits = exchange.reserves(count)
      exchange.answer(
        WebResponse(fits ? 200 : 503, type: "text/plain", Data(count: fits ? count : 0)))
      return true
    }

    func handle(_ exchange: Exchange) {
      exchange.answer(WebResponse(exchange.refusal ?? 200, type: "text/plain", Data()))
    }
  }

  private func withServer(
    _ change: (inout WebServer.Settings) -> Void, _ body: (UInt16) throws -> Void
  ) throws {
    var settings = WebServer.Settings()
    settings.port = 0
    change(&settings)
    let server = try WebServer(settings, Echo())
    defer { server.stop(within: 1) }
    try body(UInt16(server.port))
  }

  /// Sends a request whose answer is not read beyond its first line.
  private func get(_ count: Int, _ port: UInt16) throws -> (RunningServer.Client, String) {
    let client = try RunningServer.Client(port)
    client.send(RunningServer.head("GET", "/\(count)"))
    return (client, String(decoding: client.read(12).prefix(12), as: UTF8.self))
  }

  @Test func answersThatNobodyReadsAreBounded() throws {
    let large = 16 << 20  // more than sockets hold
    try withServer({ $0.answersLimit = 2 * large + 1 }) { port in
      var waiting: [RunningServer.Client] = []
      for _ in 0..<2 {
        let (client, line) = try get(large, port)
        #expect(line == "HTTP/1.1 200")
        waiting.append(client)
      }
      #expect(try get(large, port).1 == "HTTP/1.1 503")
      #expect(try get(60_000, port).1 == "HTTP/1.1 200")
      // Whoever goes makes room.
      waiting.removeLast()
      var line = ""
      for _ in 0..<100 where line != "HTTP/1.1 200" {
        Thread.sleep(forTimeInterval: 0.05)
        line = try get(large, port).1
      }
      #expect(line == "HTTP/1.1 200")
    }
  }

  @Test func oneAddressHoldsHalfOfAllBodies() throws {
    let size = 1 << 20
    let settings = { (settings: inout WebServer.Settings) in
      settings.bodyLimit = size
      settings.bodiesLimit = 5 * size
    }
    try withServer(settings) { port in
      let body = Data(count: size)
      let head = RunningServer.head("POST", "/", count: size)
      let holding = try (0..<2).map { _ in try RunningServer.Client(port) }
      for client in holding { client.send(head + body.dropLast(9)) }
      func post() throws -> Int {
        let client = try RunningServer.Client(port)
        client.send(head + body)
        return try RunningServer.Answer(client.readAll()).status
      }
      Thread.sleep(forTimeInterval: 0.5)
      var status = 0
      for _ in 0..<100 where status != 503 {  // until both bodies have arrived
        status = try post()
      }
      #expect(status == 503)
      holding[0].send(body.prefix(9))
      #expect(try RunningServer.Answer(holding[0].readAll()).status == 200)
      #expect(try post() == 200)
    }
  }
}
