import CMicroHTTPD
import FERCore
import Foundation

/// What a server asks for answers. Both are called on the server's threads, which must not wait for long.
protocol WebApplication: AnyObject, Sendable {
  /// The header of a request is there; an answer now is given without reading its body. True says that it was given.
  func begin(_ exchange: Exchange) -> Bool
  /// The whole request is there; answers it now or later.
  func handle(_ exchange: Exchange)
}

/// A listening HTTP server; owns libmicrohttpd's handle.
final class WebServer {
  struct Settings {
    var host = "127.0.0.1"
    /// 0 takes a free one.
    var port = 8080
    /// PEM texts; with them the server speaks TLS only.
    var identity: (certificate: String, key: String)?
    /// Of one request's body.
    var bodyLimit = 10 << 20
    /// Of all bodies together that are not answered, or what four of them need.
    var bodiesLimit = 256 << 20
    /// Of all answers together that their clients have not read yet.
    var answersLimit = 256 << 20
  }

  /// They read and write; the answers are made elsewhere.
  private static let threads = 2
  private static let connections = 512
  /// Nobody takes all places from the others.
  private static let connectionsPerAddress = 192
  private static let idleSeconds = 15
  private static let slowSeconds = 20
  private static let slowestBytesPerSecond = 32 << 10
  private static let connectionMemory = 32 << 10

  static var libraryVersion: String { String(cString: cmhd_version()) }
  static var hasTLS: Bool { cmhd_has_tls() }

  /// What a process that serves for long needs; before it takes memory.
  static func prepareProcess() {
    signal(SIGPIPE, SIG_IGN)  // a client may be gone at any time
    cmhd_return_memory()
  }

  let port: Int
  private let handle: OpaquePointer
  private let application: Unmanaged<Box>

  /// C calls back with one pointer, a protocol value needs two.
  private final class Box: Sendable {
    let application: any WebApplication
    init(_ application: any WebApplication) { self.application = application }
  }

  /// Throws `EmojifyError.internalFault` where it cannot listen, `.badData` where TLS does not take the identity.
  init(_ settings: Settings, _ application: any WebApplication) throws {
    if settings.identity != nil, !Self.hasTLS {
      throw EmojifyError.internalFault(
        "libmicrohttpd \(Self.libraryVersion) was built without TLS: no --tls-cert with it")
    }
    let context = Unmanaged.passRetained(Box(application))
    self.application = context
    var options = cmhd_options()
    options.port = UInt16(settings.port)
    options.threads = UInt32(Self.threads)
    options.connections = UInt32(Self.connections)
    options.connections_per_address = UInt32(Self.connectionsPerAddress)
    options.idle_seconds = UInt32(Self.idleSeconds)
    options.slow_seconds = UInt32(Self.slowSeconds)
    options.bytes_per_second = UInt32(Self.slowestBytesPerSecond)
    options.connection_memory = Self.connectionMemory
    options.body_limit = settings.bodyLimit
    options.bodies_limit = max(settings.bodiesLimit, settings.bodyLimit * 4)
    options.answers_limit = settings.answersLimit
    options.context = context.toOpaque()
    options.begin = { context, request in
      guard let context, let request else { return }
      let application = Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().application
      _ = application.begin(Exchange(request))
    }
    options.handle = { context, request in
      guard let context, let request else { return }
      let application = Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().application
      application.handle(Exchange(request))
    }
    var reason = [CChar](repeating: 0, count: 256)
    var refusesIdentity = false
    let started = settings.host.withCString { host in
      Self.withOptionalCString(settings.identity?.certificate) { certificate in
        Self.withOptionalCString(settings.identity?.key) { key in
          options.host = host
          options.certificate = certificate
          options.key = key
          return cmhd_server_start(&options, &refusesIdentity, &reason, reason.count)
        }
      }
    }
    guard let started else {
      context.release()
      if refusesIdentity {
        throw EmojifyError.badData(
          "expected a certificate and the key that belongs to it, without a passphrase: the TLS "
            + "library does not take them")
      }
      let text = String(
        decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw EmojifyError.internalFault(
        "cannot listen on \(settings.host):\(settings.port): \(text)")
    }
    handle = started
    port = Int(cmhd_server_port(started))
  }

  /// Accepts nobody any more and returns when the requests in flight are answered; after `seconds` those that are still
  /// arriving are cut off. The last call.
  func stop(within seconds: Int) {
    cmhd_server_stop(handle, UInt32(seconds))
    application.release()
  }

  private static func withOptionalCString<Result>(
    _ text: String?, _ body: (UnsafePointer<CChar>?) -> Result
  ) -> Result {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
  }
}
