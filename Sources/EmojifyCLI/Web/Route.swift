import FERCore

/// Everything the server answers to. A path is compared with these and used for nothing else.
enum Route: Hashable {
  case page, script, style, icon
  case emoji(FaceClass)
  case predict, emojify, model, stream, health, metrics, openAPI

  init?(path: String) {
    switch path {
    case "/": self = .page
    case "/app.js": self = .script
    case "/app.css": self = .style
    case "/favicon.ico": self = .icon
    case "/api/predict": self = .predict
    case "/api/emojify": self = .emojify
    case "/api/model": self = .model
    case "/stream": self = .stream
    case "/healthz": self = .health
    case "/metrics": self = .metrics
    case "/openapi.json": self = .openAPI
    default:
      guard let emotion = FaceClass.drawn.first(where: { path == "/emoji/\($0.name).png" }) else {
        return nil
      }
      self = .emoji(emotion)
    }
  }

  /// As metrics call it.
  var name: String {
    switch self {
    case .page: "page"
    case .script: "script"
    case .style: "style"
    case .icon: "icon"
    case .emoji: "emoji"
    case .predict: "predict"
    case .emojify: "emojify"
    case .model: "model"
    case .stream: "stream"
    case .health: "health"
    case .metrics: "metrics"
    case .openAPI: "openapi"
    }
  }

  var methods: [String] {
    switch self {
    case .predict, .emojify: ["POST"]
    case .stream: ["GET"]
    default: ["GET", "HEAD"]
    }
  }

  /// The page itself holds no secret; it asks for the token, and a probe for life needs none.
  var needsToken: Bool {
    switch self {
    case .predict, .emojify, .model, .stream, .metrics: true
    default: false
    }
  }
}
