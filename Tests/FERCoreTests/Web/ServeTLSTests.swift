import Foundation
import Testing

/// What makes certificates and asks for pages.
private enum TLSTools {
  static let openssl = program("openssl")
  static let curl = program("curl")
  static let areHere = openssl != nil && curl != nil

  private static func program(_ name: String) -> String? {
    ["/usr/bin/\(name)", "/usr/local/bin/\(name)"].first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }
}

/// `emojify serve --tls-cert --tls-key`, asked by curl. The certificates are made here.
@Suite(.serialized, .enabled(if: TLSTools.areHere, "openssl or curl is not here"))
struct ServeTLSTests {
  /// NAME.pem, signed by itself for localhost, and its NAME.key.
  private static func makeIdentity(_ name: String, in folder: URL, _ extra: String...) throws {
    let run = try Binary.run(
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(name).key", "-out",
        "\(name).pem", "-days", "1", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
      ] + extra, in: folder, program: try #require(TLSTools.openssl))
    try #require(run.exitCode == 0, "\(run.errors)")
  }

  @Test func curlIsAnsweredAndTheTokenAsked() throws {
    try withTemporaryFolder { folder in
      try Self.makeIdentity("a", in: folder)
      try Self.makeIdentity("b", in: folder)
      let file = { (name: String) in folder.appendingPathComponent(name).path }
      let server = try RunningServer(
        "--tls-cert", file("a.pem"), "--tls-key", file("a.key"), "--token", "secret")
      #expect(server.firstLine == "https://127.0.0.1:\(server.port)/#token=secret")
      let made = try Binary.run(
        "dataset", "portrait", file("face.jpg"), "--emotions", "happy", "--seed", "3")
      try #require(made.exitCode == 0, "\(made.errors)")

      func ask(_ path: String, _ arguments: String..., trusting certificate: String = "a") throws
        -> Binary.Run
      {
        try Binary.run(
          [
            "--silent", "--show-error", "--max-time", "20", "--noproxy", "*", "--cacert",
            "\(certificate).pem", "--write-out", "\n%{http_code}",
            "https://localhost:\(server.port)\(path)",
          ] + arguments, in: folder, program: try #require(TLSTools.curl))
      }
      let token = "Authorization: Bearer secret"
      let photo = ["--data-binary", "@face.jpg"]
      #expect(try ask("/healthz").output.hasSuffix("\n200"))
      #expect(try ask("/api/model").output.hasSuffix("\n401"))
      #expect(try ask("/api/model", "-H", "Authorization: Bearer x").output.hasSuffix("\n401"))
      #expect(try ask("/api/model", "-H", token).output.hasSuffix("\n200"))
      #expect(try ask("/api/predict", photo[0], photo[1]).output.hasSuffix("\n401"))
      let answer = try ask("/api/predict", photo[0], photo[1], "-H", token)
      #expect(answer.output.hasSuffix("\n200") && answer.output.contains("\"emotion\""))
      // The certificate is the one it was given: curl trusts no other.
      #expect(try ask("/healthz", trusting: "b").exitCode == 60)
      // Nothing is answered without TLS, and such a client does no harm.
      let plain = try RunningServer.Client(server.port)
      plain.send(RunningServer.head("GET", "/healthz"))
      #expect(!String(decoding: plain.readAll(), as: UTF8.self).contains("200 OK"))
      #expect(try ask("/healthz").output.hasSuffix("\n200"))
      #expect(server.stop() == 0)
    }
  }

  @Test func whatIsNoIdentityIsOneLine() throws {
    try withTemporaryFolder { folder in
      try Self.makeIdentity("a", in: folder)
      try Self.makeIdentity("b", in: folder)
      let put = { (name: String, text: String) in
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
      }
      let whole = try String(contentsOf: folder.appendingPathComponent("a.pem"), encoding: .utf8)
      try put("cut.pem", String(whole.prefix(whole.count / 2)) + "\n-----END CERTIFICATE-----\n")
      try put("empty.pem", "")
      try Data([0x30, 0x82, 0xFF, 0xFE]).write(to: folder.appendingPathComponent("der.pem"))
      let refused =
        ": expected a certificate and the key that belongs to it, without a passphrase: "
        + "the TLS library does not take them"
      let cases: [(String, String, Int32, String)] = [
        ("a.pem", "b.key", 65, "a.pem, b.key" + refused),
        ("cut.pem", "a.key", 65, "cut.pem, a.key" + refused),
        ("a.key", "a.pem", 65, "a.key: no CERTIFICATE in PEM form"),
        ("empty.pem", "a.key", 65, "empty.pem: no CERTIFICATE in PEM form"),
        ("der.pem", "a.key", 65, "der.pem: no CERTIFICATE in PEM form"),
        ("a.pem", "none.key", 66, "none.key: cannot be read"),
      ]
      for (certificate, key, exitCode, message) in cases {
        let run = try Binary.run(
          [
            "serve", "--port", "0", "--quiet", "--model",
            Binary.root.appendingPathComponent("models/best.h5").path, "--tls-cert", certificate,
            "--tls-key", key,
          ], in: folder)
        #expect(run.exitCode == exitCode, "\(certificate) \(key): \(run.errors)")
        #expect(run.errors == "emojify: \(message)\n" && run.output == "")
      }
    }
  }
}
