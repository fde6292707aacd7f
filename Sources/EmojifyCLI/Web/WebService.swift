import FERCore
import Foundation

/// The application behind the server: from a request to its answer.
final class WebService: WebApplication {
  let models: [ServedModel]
  let metrics: WebMetrics
  private let desk: PhotoDesk
  private let assets: PageAssets
  private let access: AccessCheck
  private let bodyLimit: Int
  private let queueLimit: Int
  private let stream: StreamSource?

  /// - Parameters:
  ///   - models: the first is asked where a request names none.
  ///   - stream: what `/stream` shows.
  init(
    models: [ServedModel], desk: PhotoDesk, assets: PageAssets, access: AccessCheck, bodyLimit: Int,
    queueLimit: Int, stream: StreamSource?, metrics: WebMetrics
  ) {
    self.models = models
    self.desk = desk
    self.assets = assets
    self.access = access
    self.bodyLimit = bodyLimit
    self.queueLimit = queueLimit
    self.stream = stream
    self.metrics = metrics
  }

  func begin(_ exchange: Exchange) -> Bool {
    let route = Route(path: exchange.path)
    guard let fault = faultOfHeader(exchange, route) else {
      // What has a body waits for it.
      guard let route, route != .predict, route != .emojify else { return false }
      if route == .stream {
        if stream?.join(exchange) == true {
          metrics.countAnswer(route.name, status: 200, seconds: nil)
        } else {
          answer(exchange, route, Self.busy("too many are watching; try again"))
        }
      } else {
        answer(exchange, route, self.response(to: route))
      }
      return true
    }
    answer(exchange, route, fault)
    return true
  }

  func handle(_ exchange: Exchange) {
    let route = Route(path: exchange.path)
    if let status = exchange.refusal {
      let fault =
        status == 413
        ? tooLarge : Self.busy("the server holds as many bodies as it may; try again")
      return answer(exchange, route, fault)
    }
    do throws(PhotoUpload.Fault) {
      let upload = try PhotoUpload(exchange.body, type: exchange.header("Content-Type"))
      let order = try order(exchange, route, upload)
      let taken = desk.take(order) { [self] response in answer(exchange, route, response) }
      if !taken {
        let fault = Self.busy("\(queueLimit) requests are under way already; try again")
        answer(exchange, route, fault)
      }
    } catch {
      answer(exchange, route, error.response)
    }
  }

  private func answer(_ exchange: Exchange, _ route: Route?, _ response: WebResponse) {
    let response =
      exchange.reserves(response.body.count)
      ? response
      : Self.busy("answers that are not read yet take all the memory they may; try again")
    metrics.countAnswer(
      route?.name ?? "none", status: response.status, seconds: exchange.began.seconds)
    exchange.answer(response)
  }

  /// What can be said against a request before its body is read.
  private func faultOfHeader(_ exchange: Exchange, _ route: Route?) -> WebResponse? {
    guard access.allows(host: exchange.header("Host")) else {
      return .fault(403, "this server answers to localhost only; --host makes it answer to others")
    }
    guard let route else {
      return .fault(404, "there is nothing here; GET / is the page, GET /openapi.json the API")
    }
    guard route.methods.contains(exchange.method) else {
      return .fault(405, "\(exchange.path) takes \(route.methods.listed)")
        .with("Allow", route.methods.joined(separator: ", "))
    }
    if route.needsToken {
      let isAllowed = access.allows(
        authorization: exchange.header("Authorization"), argument: exchange.argument("token"))
      guard isAllowed else {
        return .fault(401, "a token is needed: 'Authorization: Bearer TOKEN' or '?token=TOKEN'")
          .with("WWW-Authenticate", "Bearer realm=\"emojify\"")
      }
    }
    if route == .stream, stream == nil {
      return .fault(404, "there is no stream: the server was started without --source")
    }
    guard route == .predict || route == .emojify else { return nil }
    if let length = exchange.header("Content-Length").flatMap({ Int($0) }), length > bodyLimit {
      return tooLarge
    }
    return PhotoUpload.fault(ofType: exchange.header("Content-Type"))
  }

  private func order(
    _ exchange: Exchange, _ route: Route?, _ upload: PhotoUpload
  ) throws(PhotoUpload.Fault) -> PhotoDesk.Order {
    var model = models[0]
    if let name = exchange.argument("model") {
      guard let named = models.first(where: { $0.name == name }) else {
        let names = models.map(\.name).listed
        throw PhotoUpload.Fault(.fault(400, "there is no model of that name, there is \(names)"))
      }
      model = named
    }
    var smallestFace: Int?
    if let text = exchange.argument("min_face") {
      guard let side = Int(text), (0...100_000).contains(side) else {
        throw PhotoUpload.Fault(.fault(400, "min_face is no number of pixels: 0 to 100000"))
      }
      smallestFace = side
    }
    var wish = PhotoDesk.Order.Wish.labels
    if route == .emojify {
      switch exchange.argument("style") {
      case nil, "emoji": wish = .picture(withEmoji: true)
      case "boxes": wish = .picture(withEmoji: false)
      default: throw PhotoUpload.Fault(.fault(400, "style is not one of emoji, boxes"))
      }
    }
    return PhotoDesk.Order(
      exchange: exchange, image: upload.image, name: upload.name, model: model, wish: wish,
      smallestFace: smallestFace)
  }

  private func response(to route: Route) -> WebResponse {
    switch route {
    case .page: assets.page
    case .script: assets.script
    case .style: assets.style
    case .icon: assets.emoji(.emotion(.happy))
    case .emoji(let emotion): assets.emoji(emotion)
    case .openAPI: WebResponse(type: "application/json", OpenAPIDocument.text)
    case .health: WebResponse(type: "text/plain; charset=utf-8", "ok\n")
    case .model: .json(ServerDescription(models: models, hasStream: stream != nil))
    case .metrics:
      WebResponse(
        type: "text/plain; version=0.0.4; charset=utf-8",
        metrics.text(gauges: [
          ("requests_in_flight", "Photos being answered.", Double(desk.load)),
          ("queue_limit", "Photos that may be.", Double(queueLimit)),
        ]))
    case .predict, .emojify, .stream: preconditionFailure("answered elsewhere")
    }
  }

  private var tooLarge: WebResponse {
    .fault(413, "the body has more than \(NumberText.grouped(bodyLimit)) bytes (--max-body)")
  }

  private static func busy(_ message: String) -> WebResponse {
    .fault(503, message).with("Retry-After", "1")
  }
}

/// What `GET /api/model` says.
private struct ServerDescription: Encodable {
  struct Model: Encodable {
    let name, architecture: String
    let parameters: Int
    let input: [Int]
    let emotions: [String]
  }

  let models: [Model]
  /// The one that is asked where a request names none.
  let `default`: String
  let stream: Bool

  init(models: [ServedModel], hasStream: Bool) {
    self.models = models.map {
      Model(
        name: $0.name, architecture: $0.architecture, parameters: $0.parameterCount,
        input: [$0.format.width, $0.format.height], emotions: $0.classes.map(\.name))
    }
    `default` = models[0].name
    stream = hasStream
  }
}
