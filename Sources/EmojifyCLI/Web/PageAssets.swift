import FERCore
import Foundation

/// The page and its files, in memory: no path is ever read from a request.
struct PageAssets: Sendable {
  let page = WebResponse(type: "text/html; charset=utf-8", PageHTML.text)
  let script = WebResponse(type: "text/javascript; charset=utf-8", PageScript.text)
  let style = WebResponse(type: "text/css; charset=utf-8", PageStyle.text)
  private let emojis: [FaceClass: WebResponse]

  /// Takes the files of `set`.
  init(_ set: EmojiSet) throws {
    var emojis: [FaceClass: WebResponse] = [:]
    for emotion in FaceClass.drawn where set.has(emotion) {
      let file = set.file(emotion)
      emojis[emotion] = WebResponse(type: "image/png", try ImageDecoder.bytes(of: file))
        .with("Cache-Control", "max-age=86400")
    }
    self.emojis = emojis
  }

  func emoji(_ emotion: FaceClass) -> WebResponse {
    emojis[emotion] ?? .fault(404, "there is no such emoji")
  }
}
