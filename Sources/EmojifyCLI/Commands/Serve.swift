import FERCore
import Foundation

/// `emojify serve`: a web page and an API that label faces.
struct Serve: Command {
  static let name = "serve"
  static let summary = "Serve a web page with live emoji, and an API."
  static let examples = [
    Example("emojify serve", "Then open http://127.0.0.1:8080/ in a browser."),
    Example("emojify serve --model a.h5 --model b.h5", "Two networks to choose from."),
    Example(
      "curl --data-binary @photo.jpg http://127.0.0.1:8080/api/predict", "What predict says."),
    Example(
      "emojify serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem --token SECRET",
      "For others on the network; browsers give their camera to https only."),
  ]
  static let discussion = """
    Nothing leaves the machine: without --host only this machine can connect. GET /openapi.json describes the API, GET \
    /metrics is for Prometheus. SIGTERM or Ctrl-C ends the server when the requests in flight are answered, a second one \
    at once. The token can also come from the variable EMOJIFY_TOKEN, which other users of the machine cannot see.
    """
  static var options: [Option<Self>] {
    [
      .value("--host", "<name>", \.host, "Listen on this address of the machine."),
      .value(
        "--port", "<number>", \.port, in: .between(0, 65535), "Listen on this port; 0 finds one."),
      .collecting(
        "--model", "<file>", \.modelFiles,
        "A network to ask, \(ModelChoice.orByName); given again, one more to choose from."),
      .value("--token", "<text>", \.token, "Answer only those who bring this token."),
      .value("--tls-cert", "<file>", \.certificate, "Speak TLS with this certificate (PEM)."),
      .value("--tls-key", "<file>", \.key, "The certificate's private key (PEM)."),
      .value(
        "--max-body", "<MB>", \.bodyMegabytes, in: .between(1, 1024),
        "Refuse larger requests, in MB of 1,000,000 bytes."),
      .value(
        "--queue", "<count>", \.queue, in: .between(1, 10_000),
        "Photos that may be under way or wait; more are told to come again."),
      .value(
        "--source", "<device>", \.source,
        "Show this camera (a number) or video file at /stream and on the page."),
      .value("--emoji-dir", "<folder>", \.emojiFolder, "Take angry.png, disgust.png … from here."),
      .value("--threads", "<count>", \.threads, in: .threads, default: "all", "CPU threads."),
    ] + Option.section("Other people's models", ModelOptions.options(\.modelFacts))
  }

  var common = CommonOptions()
  var host = "127.0.0.1"
  var port = 8080
  var modelFiles: [String] = []
  var modelFacts = ModelOptions()
  var token: String?
  var certificate: String?
  var key: String?
  var bodyMegabytes = 10
  var queue = 128
  var source: String?
  var emojiFolder: String?
  var threads: Int?

  /// How long requests that are still arriving may take when the server is asked to stop.
  private static let stopSeconds = 10

  mutating func validate() throws {
    guard (certificate == nil) == (key == nil) else {
      throw EmojifyError.usage("--tls-cert and --tls-key belong together")
    }
    if token == "" { throw EmojifyError.usage("--token is empty") }
    if let wantedToken,
      !wantedToken.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) || wantedToken.hasPrefix(" ")
        || wantedToken.hasSuffix(" ")
    {
      throw EmojifyError.usage(
        "the token has a letter that is not ASCII, or a blank at an end: headers do not carry them")
    }
  }

  func run(_ terminal: Terminal) throws {
    let stopSignal = StopSignal()  // before there are threads
    WebServer.prepareProcess()
    let metrics = WebMetrics()
    let pool = WorkerPool(threads: threads)
    OpenCVLibrary.useThreads(pool.threads)
    let models = try loadedModels(pool, metrics, terminal)
    let emojis = try EmojiSet(inFolder: emojiFolder)
    let desk = try PhotoDesk(
      threads: pool.threads, limit: queue, emojis: emojis, metrics: metrics)
    let stream = try source.map {
      try VideoStream($0, model: models[0], emojis: emojis, warn: terminal.warn)
    }
    let access = AccessCheck(token: wantedToken, host: host)
    var settings = WebServer.Settings()
    settings.host = host
    settings.port = port
    settings.bodyLimit = bodyMegabytes * 1_000_000
    if let certificate, let key {
      settings.identity = (
        try Self.pem(certificate, holding: "CERTIFICATE"), try Self.pem(key, holding: "PRIVATE KEY")
      )
    }
    let service = WebService(
      models: models, desk: desk, assets: try PageAssets(emojis), access: access,
      bodyLimit: settings.bodyLimit, queueLimit: queue, stream: stream, metrics: metrics)
    let server = try EmojifyError.naming("\(certificate ?? ""), \(key ?? "")") {
      try WebServer(settings, service)
    }
    terminal.detail(
      "libmicrohttpd \(WebServer.libraryVersion), OpenCV \(OpenCVLibrary.version), "
        + NumberText.count(pool.threads, "thread"))
    if !access.isForThisMachineAlone, access.token == nil {
      terminal.warn(
        "whoever can reach \(host) can use this server; --token asks for a secret")
    }
    print(url(port: server.port))
    try Terminal.flush()
    terminal.note("Ctrl-C ends it")

    stopSignal.wait()
    terminal.note("stopping: requests in flight are answered first")
    stream?.end()
    server.stop(within: Self.stopSeconds)
    desk.end()
    for model in models { model.end() }
  }

  private var wantedToken: String? {
    token ?? ProcessInfo.processInfo.environment["EMOJIFY_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The page's address. What follows the # stays in the browser.
  private func url(port: Int) -> String {
    let scheme = certificate == nil ? "http" : "https"
    let name = host.contains(":") ? "[\(host)]" : host
    let secret = wantedToken?.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
    return "\(scheme)://\(name):\(port)/" + (secret.map { "#token=\($0)" } ?? "")
  }

  private func loadedModels(
    _ pool: WorkerPool, _ metrics: WebMetrics, _ terminal: Terminal
  ) throws -> [ServedModel] {
    let files = try ModelChoice.choose(modelFiles, terminal)
    var used: Set<String> = []
    return try files.map { file in
      let name = Self.modelName(file, unlike: &used)
      terminal.detail("model \(name): \(file.relativePath)")
      let model = try LoadedModel(file, told: modelFacts, terminal)
      return try ServedModel(model, name: name, pool: pool, metrics: metrics)
    }
  }

  /// The file's name, with its folder's where it says little: `best` of a run, not the `best` that comes with emojify.
  private static func modelName(_ file: URL, unlike used: inout Set<String>) -> String {
    let stem = file.deletingPathExtension().lastPathComponent
    let folder = file.deletingLastPathComponent().lastPathComponent
    let saysLittle = ["best", "last"].contains(stem) && !ModelChoice.isBundled(file)
    let plain = saysLittle ? "\(folder)-\(stem)" : stem
    var name = plain
    var number = 2
    while !used.insert(name).inserted {
      name = "\(plain)-\(number)"
      number += 1
    }
    return name
  }

  private static func pem(_ path: String, holding what: String) throws -> String {
    guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      throw EmojifyError.missingInput("\(path): cannot be read")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("-----BEGIN "), text.contains("\(what)-----") else {
      throw EmojifyError.badData("\(path): no \(what) in PEM form")
    }
    return text
  }
}
