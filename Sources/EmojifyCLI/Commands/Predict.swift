import FERCore
import Foundation

/// `emojify predict`: finds the faces of images and says what they express.
struct Predict: Command {
  static let name = "predict"
  static let summary = "Label every face of photos with its emotion."
  static let examples = [
    Example(
      "emojify predict photo.jpg --emoji", "Labels on stdout, photo-emojify.png beside them."),
    Example("emojify predict album/ --json", "Every image of a folder, for programs."),
    Example("emojify predict face.png --no-detect", "The image is one face already."),
    Example("emojify predict a.jpg b.jpg --output labelled/", "Annotated copies in a folder."),
  ]
  static let discussion = """
    The model is the one --model names, else the one the variable EMOJIFY_MODEL names, else the newest run in runs/, \
    else the one that comes with emojify. An image that cannot be read is reported, the others are still done, and the \
    exit code says so at the end. An image without a face is no error.
    """
  static var positionals: [Positional<Self>] {
    [.many("PATHS", \.paths, "Images, or folders of images.")]
  }
  static var options: [Option<Self>] {
    [
      .value("--model", "<file>", \.model, "The network to ask."),
      .flag("--emoji", \.emoji, "Show emoji, and write a picture with one over each face."),
      .value(
        "--output", "<path>", \.output, short: "-o", default: "NAME-emojify.png here, with --emoji",
        "Write annotated pictures: to this file for one image, else into this folder."),
      .flag("--json", \.json, "Write the results as JSON."),
      .value("--top", "<count>", \.top, in: .atLeast(1), "How many emotions to list for a face."),
      .flag("--no-detect", \.detect, sets: false, "Each image is a face; do not look for any."),
      .value(
        "--min-face", "<pixels>", \.minimumFace, in: .atLeast(0),
        "Pass over faces that are smaller than this in the image."),
      .value("--emoji-dir", "<folder>", \.emojiFolder, "Take angry.png, disgust.png … from here."),
      .value("--threads", "<count>", \.threads, in: .atLeast(1), default: "all", "CPU threads."),
    ]
  }

  var common = CommonOptions()
  var paths: [String] = []
  var model: String?
  var emoji = false
  var output: String?
  var json = false
  var top = 3
  var detect = true
  var minimumFace = 0
  var emojiFolder: String?
  var threads: Int?

  func run(_ terminal: Terminal) throws {
    let images = try ImagePaths.expand(paths)
    let pictures = try plannedPictures(for: images)
    // Before the work, so that a missing picture is not found out after it.
    let emojis =
      try emoji && !pictures.isEmpty
      ? EmojiSet(
        folder: emojiFolder.map { URL(fileURLWithPath: $0) } ?? Resources.require("emojis")) : nil
    let classifier = try FaceClassifier(
      ModelChoice.choose(model, terminal),
      pool: threads.map { WorkerPool(threads: $0) } ?? WorkerPool())
    let detector = detect ? try FaceDetector() : nil

    var scans: [Scan] = []
    var failure: EmojifyError?
    for path in images {
      do {
        scans.append(try scan(path, detector, side: classifier.side))
      } catch let error as EmojifyError {
        terminal.warn(error.description)
        failure = failure ?? error
      }
    }
    var probabilities = classifier.probabilities(of: scans.flatMap(\.crops))[...]
    var results: [PredictedImage] = []
    for scan in scans {
      let mine = probabilities.prefix(scan.boxes.count)
      probabilities = probabilities.dropFirst(scan.boxes.count)
      let faces = zip(scan.boxes, mine).map { box, scores in
        PredictedFace(box: box, scores: Array(zip(classifier.emotions, scores)))
      }
      results.append(PredictedImage(path: scan.path, faces: faces))
    }

    if json {
      try JSONOutput.write(results)
    } else {
      for result in results { print(result.text(top: top, emoji: emoji, terminal)) }
    }
    for result in results {
      guard let target = pictures[result.path] else { continue }
      if result.faces.isEmpty {
        terminal.note("\(result.path): no face, so no picture was written")
      } else {
        try annotate(result, emojis).write(to: target)
        terminal.note("wrote \(target.relativePath)")
      }
    }
    if let failure { throw EarlyEnd(exitCode: failure.exitCode) }
  }

  /// The faces of one image, cut out.
  private struct Scan {
    let path: String
    let boxes: [FaceBox]
    let crops: [[UInt8]]
  }

  private func scan(_ path: String, _ detector: FaceDetector?, side: Int) throws -> Scan {
    let file = URL(fileURLWithPath: path)
    guard let detector else {
      let bounds = try Image(contentsOf: file).bounds
      let face = try ImageDecoder.grayPixels(of: file, side: side)
      return Scan(path: path, boxes: [bounds], crops: [face])
    }
    let image = try Image(contentsOf: file)
    let boxes = try detector.faces(in: image, minimumSide: minimumFace)
    let crops = try boxes.map { try FaceCrop.grayPixels(of: $0, in: image, side: side) }
    return Scan(path: path, boxes: boxes, crops: crops)
  }

  private func annotate(_ result: PredictedImage, _ emojis: EmojiSet?) throws -> Image {
    let image = try Image(contentsOf: URL(fileURLWithPath: result.path))
    let faces = result.faces.map {
      LabelledFace(box: $0.box, emotion: $0.best.emotion, score: $0.best.score)
    }
    if let emojis { return try EmojiOverlay.emojis(on: image, faces: faces, from: emojis) }
    return try EmojiOverlay.labels(on: image, faces: faces)
  }

  /// Where each image's annotated copy goes; empty where none are wanted.
  private func plannedPictures(for images: [String]) throws -> [String: URL] {
    guard emoji || output != nil else { return [:] }
    return try PicturePaths.plan(images, output: output)
  }
}
