import Foundation
import Testing

@testable import EmojifyCLI

/// `emojify serve`, asked over the wire.
@Suite(.serialized) struct ServeTests {
  /// A drawn picture of two faces.
  private static func portrait(_ ending: String, in folder: URL) throws -> Data {
    let file = folder.appendingPathComponent("people.\(ending)")
    let run = try Binary.run(
      "dataset", "portrait", file.path, "--emotions", "happy,surprise", "--seed", "3")
    try #require(run.exitCode == 0, "\(run.errors)")
    return try Data(contentsOf: file)
  }

  private static func giantPNG() -> Data {
    var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
    bytes += Array("IHDR".utf8) + [0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 8, 2, 0, 0, 0]
    return Data(bytes + [UInt8](repeating: 0, count: 100))
  }

  private static func form(_ content: Data, end: String = "\r\n--b--\r\n") -> Data {
    Data(
      "--b\r\nContent-Disposition: form-data; name=\"i\"; filename=\"../../me.jpg\"\r\n\r\n".utf8)
      + content + Data(end.utf8)
  }

  @Test func everyStatusIsTheRightOne() throws {
    try withTemporaryFolder { folder in
      let server = try RunningServer("--max-body", "1")
      let jpeg = try Self.portrait("jpg", in: folder)
      let noise = Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 131 >> 3) })
      let form = ["Content-Type": "multipart/form-data; boundary=b"]
      let image = ["Content-Type": "image/jpeg"]
      let cases: [(String, String, [String: String], Data?, Int)] = [
        ("GET", "/", [:], nil, 200), ("GET", "/app.js", [:], nil, 200),
        ("GET", "/app.css", [:], nil, 200), ("GET", "/emoji/happy.png", [:], nil, 200),
        ("HEAD", "/", [:], nil, 200), ("GET", "/healthz", [:], nil, 200),
        ("GET", "/api/model", [:], nil, 200), ("GET", "/metrics", [:], nil, 200),
        ("GET", "/openapi.json", [:], nil, 200), ("GET", "/favicon.ico", [:], nil, 200),
        ("GET", "/nothing", [:], nil, 404), ("GET", "/stream", [:], nil, 404),
        ("GET", "/../../etc/passwd", [:], nil, 404), ("GET", "//etc/passwd", [:], nil, 404),
        ("GET", "/emoji/../models/best.h5", [:], nil, 404),
        ("GET", "/emoji/%2e%2e/x.png", [:], nil, 404), ("GET", "/healthz%00", [:], nil, 404),
        ("GET", "/%68ealthz", [:], nil, 404),
        ("GET", "/api/predict", [:], nil, 405), ("POST", "/healthz", [:], nil, 405),
        ("DELETE", "/", [:], nil, 405), ("PUT", "/api/predict", image, jpeg, 405),
        ("POST", "/api/predict", image, jpeg, 200), ("POST", "/api/predict", [:], jpeg, 200),
        ("POST", "/api/predict", form, Self.form(jpeg), 200),
        ("POST", "/api/predict?model=best", image, jpeg, 200),
        ("POST", "/api/predict?model=other", image, jpeg, 400),
        ("POST", "/api/predict?min_face=x", image, jpeg, 400),
        ("POST", "/api/emojify?style=none", image, jpeg, 400),
        ("POST", "/api/predict", image, Data(), 400),
        ("POST", "/api/predict", form, Self.form(jpeg, end: ""), 400),
        ("POST", "/api/predict", ["Content-Type": "multipart/form-data"], Self.form(jpeg), 400),
        ("POST", "/api/predict", image, Data(count: 1_000_001), 413),
        ("POST", "/api/predict", ["Content-Type": "image/png"], Self.giantPNG(), 413),
        ("POST", "/api/predict", ["Content-Type": "text/plain"], jpeg, 415),
        ("POST", "/api/predict", [:], Data("GIF89a".utf8), 415),
        ("POST", "/api/predict", image, noise, 422),
        ("POST", "/api/predict", image, jpeg.prefix(300), 422),
        ("POST", "/api/predict", image, jpeg.prefix(jpeg.count / 2), 422),
        ("GET", "/", ["Host": "evil.example"], nil, 403),
        ("GET", "/", ["X": String(repeating: "x", count: 40_000)], nil, 431),
      ]
      for (method, path, headers, body, status) in cases {
        let answer = try server.ask(method, path, headers, body: body)
        let what = "\(method) \(path) \(headers.keys.sorted()) \(body?.count ?? 0): \(answer.text)"
        #expect(answer.status == status, "\(what.prefix(300))")
        if status == 405 { #expect(answer.headers["allow"] != nil) }
        if status >= 400, status != 431 {
          #expect(try answer.json()["error"] is String, "\(what.prefix(300))")
        }
        guard status != 431 else { continue }  // libmicrohttpd's own answer
        #expect(answer.headers["x-content-type-options"] == "nosniff")
        #expect(answer.headers["content-security-policy"]?.contains("default-src 'none'") == true)
        #expect(answer.headers["content-security-policy"]?.contains("unsafe") == false)
      }
      let metrics = try server.ask("GET", "/metrics").text
      #expect(metrics.contains("emojify_requests_total{route=\"predict\",status=\"200\"} 4\n"))
      #expect(metrics.contains("emojify_requests_total{route=\"predict\",status=\"422\"} 3\n"))
      #expect(server.stop() == 0)
    }
  }

  @Test func itSaysWhatPredictSays() throws {
    try withTemporaryFolder { folder in
      let server = try RunningServer()
      for ending in ["png", "jpg"] {
        let photo = try Self.portrait(ending, in: folder)
        let run = try Binary.run(
          "predict", "people.\(ending)", "--json", "--quiet", "--model",
          Binary.root.appendingPathComponent("models/best.h5").path, in: folder)
        let list = try #require(
          JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
        let expected = try #require(list[0]["faces"] as? [[String: Any]])
        #expect(expected.count == 2)
        let answer = try server.ask("POST", "/api/predict?min_face=0", body: photo).json()
        let faces = try #require(answer["faces"] as? [[String: Any]])
        #expect(faces.count == expected.count)
        for (face, other) in zip(faces, expected) {
          #expect(face["box"] as? [Int] == other["box"] as? [Int])
          #expect(face["emotion"] as? String == other["emotion"] as? String)
          let scores = try #require(face["emotions"] as? [String: Double])
          for (name, score) in try #require(other["emotions"] as? [String: Double]) {
            #expect(abs(scores[name, default: 9] - score) < 1e-4, "\(name)")
          }
        }
        let timings = try #require(answer["timings"] as? [String: Double])
        let steps = ["batch_ms", "decode_ms", "detect_ms", "network_ms", "queue_ms", "total_ms"]
        #expect(timings.keys.sorted() == steps && timings.values.allSatisfy { $0 >= 0 })

        let picture = try server.ask("POST", "/api/emojify", body: photo)
        #expect(picture.headers["content-type"] == (ending == "png" ? "image/png" : "image/jpeg"))
        #expect(picture.headers["x-emojify-faces"] == "2")
        let copy = try Image(data: picture.body, name: "answer")
        #expect(copy.width == answer["width"] as? Int && copy.height == answer["height"] as? Int)
        #expect(copy.pixels != (try Image(data: photo, name: "photo").pixels))
      }
    }
  }

  @Test func theTokenIsAsked() throws {
    let server = try RunningServer(environment: ["EMOJIFY_TOKEN": "se cret"])
    #expect(server.firstLine.hasSuffix("/#token=se%20cret"))
    let paths = ["/api/model", "/metrics"]
    for path in paths {
      let refused = try server.ask("GET", path)
      #expect(refused.status == 401 && refused.headers["www-authenticate"] != nil, "\(path)")
      #expect(
        try server.ask("GET", path, ["Authorization": "Bearer se cret"]).status == 200, "\(path)")
      #expect(try server.ask("GET", path + "?token=se%20cret").status == 200, "\(path)")
      #expect(try server.ask("GET", path, ["Authorization": "Bearer x"]).status == 401, "\(path)")
    }
    // Before the body is read, whatever it is.
    let head = RunningServer.head("POST", "/api/predict", count: 900_000)
    let client = try RunningServer.Client(server.port)
    client.send(head)
    #expect(try RunningServer.Answer(client.readAll()).status == 401)
    for open in ["/", "/healthz", "/openapi.json"] {
      #expect(try server.ask("GET", open).status == 200, "\(open)")
    }
  }

  @Test func whatIsTooMuchIsToldToComeAgain() throws {
    try withTemporaryFolder { folder in
      let jpeg = try Self.portrait("jpg", in: folder)
      let server = try RunningServer("--queue", "1", "--threads", "1")
      let clients = try (0..<6).map { _ in try RunningServer.Client(server.port) }
      for client in clients {
        client.send(RunningServer.head("POST", "/api/predict?min_face=0", count: jpeg.count) + jpeg)
      }
      let answers = try clients.map { try RunningServer.Answer($0.readAll()) }
      #expect(answers.contains { $0.status == 200 })
      let refused = answers.filter { $0.status == 503 }
      #expect(!refused.isEmpty)
      #expect(refused.allSatisfy { $0.headers["retry-after"] == "1" })
      #expect(answers.allSatisfy { [200, 503].contains($0.status) })
    }
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func requestsInFlightAreAnsweredBeforeTheEnd(signal: Int32) throws {
    try withTemporaryFolder { folder in
      let jpeg = try Self.portrait("jpg", in: folder)
      let server = try RunningServer()
      let client = try RunningServer.Client(server.port)
      client.send(RunningServer.head("POST", "/api/predict", count: jpeg.count) + jpeg.prefix(1000))
      // Until the server has it: a request of its own shows that.
      #expect(try server.ask("GET", "/healthz").status == 200)
      kill(server.process.processIdentifier, signal)
      Thread.sleep(forTimeInterval: 0.3)
      #expect(throws: RunningServer.Refused.self) { try RunningServer.Client(server.port) }
      #expect(server.process.isRunning)
      client.send(jpeg.dropFirst(1000))
      #expect(try RunningServer.Answer(client.readAll()).status == 200)
      server.process.waitUntilExit()
      #expect(server.process.terminationStatus == 0)
    }
  }

  /// A video of three times the picture.
  private static func film(of jpeg: Data, in folder: URL) throws -> URL {
    let film = folder.appendingPathComponent("film.mjpeg")
    try (jpeg + jpeg + jpeg).write(to: film)
    return film
  }

  @Test func aVideoIsShownToAllWhoWatch() throws {
    try withTemporaryFolder { folder in
      let jpeg = try Self.portrait("jpg", in: folder)
      let film = try Self.film(of: jpeg, in: folder)
      let server = try RunningServer("--source", film.path)
      #expect(try server.ask("GET", "/api/model").json()["stream"] as? Bool == true)
      let watchers = try (0..<2).map { _ in try RunningServer.Client(server.port) }
      for watcher in watchers { watcher.send(RunningServer.head("GET", "/stream")) }
      for watcher in watchers {
        let seen = watcher.read(jpeg.count * 5)  // beyond the film's end
        let text = String(decoding: seen.prefix(1000), as: UTF8.self)
        #expect(text.contains("multipart/x-mixed-replace; boundary=emojify-frame"))
        #expect(seen.range(of: Data([0xFF, 0xD8, 0xFF])) != nil)
      }
      #expect(server.stop() == 0)
      for watcher in watchers { _ = watcher.readAll() }  // ends, too
    }
  }

  /// Who watches when the source is gone is let go, and others may come.
  @Test func aSourceThatIsGoneEndsItsStreams() throws {
    try withTemporaryFolder { folder in
      let jpeg = try Self.portrait("jpg", in: folder)
      let film = try Self.film(of: jpeg, in: folder)
      let server = try RunningServer("--source", film.path)
      let watcher = try RunningServer.Client(server.port)
      watcher.send(RunningServer.head("GET", "/stream"))
      _ = watcher.read(jpeg.count)
      try FileManager.default.removeItem(at: film)
      _ = watcher.readAll()
      #expect(watcher.isAtEnd)
      _ = try Self.film(of: jpeg, in: folder)
      let next = try RunningServer.Client(server.port)
      next.send(RunningServer.head("GET", "/stream"))
      #expect(next.read(jpeg.count).range(of: Data([0xFF, 0xD8, 0xFF])) != nil)
    }
  }

  @Test func aPortInUseIsOneLine() throws {
    let server = try RunningServer()
    let run = try Binary.run(
      "serve", "--port", "\(server.port)", "--quiet", "--model",
      Binary.root.appendingPathComponent("models/best.h5").path)
    #expect(run.exitCode == 70)
    #expect(
      run.errors == "emojify: cannot listen on 127.0.0.1:\(server.port): the port is in use\n")
    #expect(run.output == "")
  }

  @Test func badOptionsAreRefused() throws {
    let cases: [([String], Int32, String)] = [
      (["--tls-cert", "a"], 64, "belong together"), (["--port", "70000"], 64, "out of range"),
      (["--tls-cert", "/nowhere", "--tls-key", "/nowhere"], 66, "cannot be read"),
      (["--host", "no.such.host.invalid"], 70, "cannot listen"),
      (["--model", "/nowhere.h5"], 66, "/nowhere.h5"),
      (["--source", "/nowhere.mp4"], 66, "no such file"),
    ]
    for (arguments, code, words) in cases {
      let run = try Binary.run(["serve"] + arguments)
      #expect(run.exitCode == code, "\(arguments): \(run.errors)")
      #expect(run.errors.contains(words), "\(arguments): \(run.errors)")
    }
  }

  /// A stranger's name is refused on every path, so every path says it; what it refers to is there.
  @Test func theDescriptionHasTheAnswersThatAreGiven() throws {
    let server = try RunningServer()
    let document = try server.ask("GET", "/openapi.json").json()
    let components = try #require(document["components"] as? [String: Any])
    let answers = try #require(components["responses"] as? [String: Any])
    let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
    for (path, operations) in paths {
      for (method, operation) in operations {
        let answer = try server.ask(method.uppercased(), path, ["Host": "evil.example"])
        let described = try #require(operation["responses"] as? [String: [String: Any]])
        #expect(answer.status == 403 && described["403"] != nil, "\(method) \(path)")
        // What takes photos can fail at them.
        #expect((described["500"] != nil) == (method == "post"), "\(method) \(path)")
        for reference in described.values.compactMap({ $0["$ref"] as? String }) {
          let name = reference.split(separator: "/").last.map(String.init) ?? ""
          #expect(answers[name] != nil, "\(reference)")
        }
      }
    }
  }

  @Test func theDescriptionIsTheOneInDocs() throws {
    let file = Binary.root.appendingPathComponent("docs/openapi.json")
    #expect(OpenAPIDocument.text == (try String(contentsOf: file, encoding: .utf8)))
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(OpenAPIDocument.text.utf8)) as? [String: Any])
    let paths = try #require(document["paths"] as? [String: [String: Any]])
    for (path, operations) in paths {
      let route = try #require(Route(path: path), "\(path)")
      for method in operations.keys { #expect(route.methods.contains(method.uppercased())) }
    }
    #expect((document["info"] as? [String: Any])?["version"] as? String == AllCommands.version)
  }
}
