import FERCore
import Foundation

/// How faces are followed from frame to frame and who names them: what `video` and `camera` have in common.
struct FollowOptions {
  var smooth = 0.5
  var detectEvery: Int
  var minimumFace: Int?
  var models: [String] = []
  var modelFacts = ModelOptions()
  var emojiFolder: String?
  var threads: Int?

  /// - Parameter detectEvery: which frames are searched whole unless the user says it.
  init(detectEvery: Int) { self.detectEvery = detectEvery }

  /// The options, for a command that keeps their values at `path`.
  static func options<Root>(_ path: WritableKeyPath<Root, Self>) -> [Option<Root>] {
    let own: [Option<Root>] = [
      .value(
        "--smooth", "<seconds>", path.appending(path: \.smooth), in: .between(0, 60),
        "Follow changes of expression with this delay; 0 takes each frame by itself."),
      .value(
        "--detect-every", "<count>", path.appending(path: \.detectEvery), in: .atLeast(1),
        "Search one in this many of the frames looked at whole; the others only near known faces. Where frames looked at are "
          + "more than \(FaceWatcher.longestInterval) s apart, each is searched whole."),
      .value(
        "--min-face", "<pixels>", path.appending(path: \.minimumFace), in: .between(1, 100_000),
        default: "a twentieth of the longer side",
        "Pass over faces that are smaller than this; smaller ones take longer to look for."),
      .collecting(
        "--model", "<file>", path.appending(path: \.models),
        "The network to ask, \(ModelChoice.orByName); given again, the mean of all answers counts "
          + "(an ensemble)."),
      .value(
        "--emoji-dir", "<folder>", path.appending(path: \.emojiFolder),
        "Take angry.png, disgust.png … from here."),
      .value(
        "--threads", "<count>", path.appending(path: \.threads), in: .threads, default: "all",
        "CPU threads for faces and network; a video's reader and writer have one each besides."),
    ]
    let others = ModelOptions.options(path.appending(path: \.modelFacts))
    return own + Option.section("Other people's models", others)
  }

  func emojis() throws -> EmojiSet { try EmojiSet(inFolder: emojiFolder) }

  /// - Parameter interval: seconds from one frame that is looked at to the next.
  func watcher(interval: Double, _ pool: WorkerPool, _ terminal: Terminal) throws -> FaceWatcher {
    let model = try LoadedModel(
      ModelChoice.choose(models, terminal), told: modelFacts, terminal)
    return try FaceWatcher(
      FaceClassifier(model, pool: pool),
      FaceWatcher.Settings(
        detectEvery: detectEvery, minimumFace: minimumFace, smoothing: smooth, interval: interval))
  }
}
