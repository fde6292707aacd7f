import FERCore
import Foundation

extension EmojiSet {
  /// The pictures of the folder that is named, else those that come with emojify. Throws as `init(folder:)`.
  convenience init(inFolder named: String?) throws {
    try self.init(folder: named.map { URL(fileURLWithPath: $0) } ?? Resources.require("emojis"))
  }
}
