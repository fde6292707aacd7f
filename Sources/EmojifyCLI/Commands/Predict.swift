import FERCore
import Foundation

/// `emojify predict`: finds the faces of images and says what they express.
struct Predict: Command {
  static let name = "predict"
  static let summary = "Label every face of photos with its emotion."
  static let examples = [
    Example(
      "emojify predict photo.jpg --emoji", "Labels on stdout, photo-emojify.png here."),
    Example("emojify predict album/ --recursive --jsonl", "A whole collection, a line an image."),
    Example("curl -s URL | emojify predict - --json", "One image from another program."),
    Example("find . -name '*.jpg' | emojify predict --files-from - --csv", "A list of images."),
    Example("emojify predict face.png --no-detect", "The image is one face already."),
    Example("emojify predict a.jpg b.jpg --output labelled/", "Annotated copies in a folder."),
  ]
  static let discussion = """
    The model is the one --model names, else the one the variable EMOJIFY_MODEL names, else the newest run in runs/, \
    else the one that comes with emojify. Results come as they are found, in the order of the images; however many \
    images there are, only a few are in memory. Images are PNG, JPEG, WebP, BMP, TIFF or PNM of up to 200 megapixels. An image that cannot be read is \
    reported (in JSON as its "error"), the others are still done, and the exit code says so at the end. An image without a \
    face is no error. Of a folder, annotated copies (NAME-emojify.png beside an image NAME) are passed over.
    """
  static var positionals: [Positional<Self>] {
    [
      .many(
        "PATHS", \.paths, atLeast: 0,
        "Images, folders of images, patterns such as 'album/*.jpg', or - for one image on stdin.")
    ]
  }
  static var options: [Option<Self>] {
    [
      .value(
        "--files-from", "<file>", \.list, "Also the images this file lists, one a line; - is stdin."
      ),
      .flag("--recursive", \.recursive, short: "-r", "Look into the sub-folders of folders too."),
      .collecting(
        "--model", "<file>", \.models,
        "The network to ask, \(ModelChoice.orByName); given again, the mean of all answers counts (an ensemble)."
      ),
      .flag("--emoji", \.emoji, "Show emoji, and write a picture with one over each face."),
      .value(
        "--output", "<path>", \.output, short: "-o", default: "NAME-emojify.png here, with --emoji",
        "Write annotated pictures: to this file for one image, else into this folder."),
      .flag("--json", \.json, "Write the results as one JSON array."),
      .flag("--jsonl", \.jsonLines, "Write them as JSON, one object a line for each image."),
      .flag("--csv", \.csv, "Write them as CSV, one line for each face."),
      .value("--top", "<count>", \.top, in: .atLeast(1), "How many emotions to list for a face."),
      .flag("--no-detect", \.detect, sets: false, "Each image is a face; do not look for any."),
      .value(
        "--min-face", "<pixels>", \.minimumFace, in: .between(0, 100_000),
        "Pass over faces that are smaller than this in the image."),
      .value("--emoji-dir", "<folder>", \.emojiFolder, "Take angry.png, disgust.png … from here."),
      .value("--threads", "<count>", \.threads, in: .threads, default: "all", "CPU threads."),
    ] + Option.section("Other people's models", ModelOptions.options(\.modelFacts))
  }

  var common = CommonOptions()
  var paths: [String] = []
  var list: String?
  var recursive = false
  var models: [String] = []
  var modelFacts = ModelOptions()
  var emoji = false
  var output: String?
  var json = false
  var jsonLines = false
  var csv = false
  var top = 3
  var detect = true
  var minimumFace = 0
  var emojiFolder: String?
  var threads: Int?

  mutating func validate() throws {
    try atMostOne(of: "--json", "--jsonl", "--csv")
    try atMostOne(of: "--no-detect", "--min-face")
    if common.given.contains("--top"),
      let form = ["--json", "--jsonl", "--csv"].first(where: common.given.contains)
    {
      throw EmojifyError.usage("--top is for text: \(form) lists every class")
    }
    if emojiFolder != nil, !emoji { throw EmojifyError.usage("--emoji-dir goes with --emoji") }
    if paths.isEmpty, list == nil {
      throw EmojifyError.usage(
        "predict needs PATHS or --files-from: images to look at; see 'emojify predict --help'")
    }
    if paths.contains("-"), list == "-" {
      throw EmojifyError.usage(
        "- and --files-from - both want standard input: it is an image or a list")
    }
  }

  func run(_ terminal: Terminal) throws {
    var queue = try ImageQueue(paths, list: list, recursive: recursive)
    var pictures = try plannedPictures(for: queue)
    // Before the work, so that a missing picture is not found out after it.
    let emojis = try emoji ? EmojiSet(inFolder: emojiFolder) : nil
    if let emojis { terminal.detail("emoji: \(emojis.folder.path)") }
    let pool = WorkerPool(threads: threads)
    let classifier = try FaceClassifier(
      LoadedModel(ModelChoice.choose(models, terminal), told: modelFacts, terminal), pool: pool)
    let scanner = try FaceScanner(
      pool: pool, format: classifier.format, detects: detect, minimumFace: minimumFace)
    if detect {
      try terminal.detail(
        "face detector: \(FaceDetector.cascadeFile().path), OpenCV \(OpenCVLibrary.version)")
    }
    terminal.detail("threads: \(pool.threads)")

    var output = PredictOutput(
      form, top: top, emoji: emoji, classes: classifier.classes, terminal)
    // A list that was begun is ended, whatever comes.
    defer { output.end() }
    var progress = PredictProgress(terminal, total: queue.count)
    var times = (scanning: 0.0, classifying: 0.0, writing: 0.0)
    var failure: EmojifyError?
    // The first results come soon; later ones together, so that no thread waits often. The faces found together are
    // one batch, so their number does not depend on the threads: it decides a score's last digit.
    var limit = 4
    while case let sources = try queue.next(upTo: limit), !sources.isEmpty {
      limit = min(limit * 2, 32)
      pictures?.keep(sources.map(\.nameForCopies))
      var stopwatch = Stopwatch()
      let scanned = scanner.scan(sources) { progress.advance(images: 1) }
      let scans = scanned.compactMap { try? $0.get() }
      times.scanning += stopwatch.seconds
      stopwatch = Stopwatch()
      let results = try classifier.results(of: scans)
      times.classifying += stopwatch.seconds
      stopwatch = Stopwatch()

      progress.clear()
      var answers = results[...]
      let records = zip(sources, scanned).map { source, scan in
        scan.map { _ in answers.removeFirst() }.mapError { error in
          terminal.warn(error.description)
          failure = failure ?? error
          return UnreadImage(path: source.name, error: error.description)
        }
      }
      try output.write(records)
      if var planned = pictures {
        let error = try write(zip(scans, results), to: &planned, emojis, pool, terminal)
        failure = failure ?? error
        pictures = planned
      }
      times.writing += stopwatch.seconds
      progress.found(faces: results.reduce(0) { $0 + $1.faces.count })
    }
    progress.clear()
    terminal.detail(
      "\(NumberText.count(progress.images, "image")), \(NumberText.count(progress.faces, "face")): "
        + "finding faces \(NumberText.fixed(times.scanning, 2)) s, "
        + "asking the network \(NumberText.fixed(times.classifying, 2)) s, "
        + "writing \(NumberText.fixed(times.writing, 2)) s")
    if let failure { throw EarlyEnd(exitCode: failure.exitCode) }
  }

  private var form: PredictOutput.Form {
    json ? .json : jsonLines ? .jsonLines : csv ? .csv : .text
  }

  /// Where annotated copies go; nil where none are wanted. What is known to go wrong does so before the work.
  private func plannedPictures(for queue: ImageQueue) throws -> PicturePaths? {
    guard emoji || output != nil else { return nil }
    let planned = try PicturePaths(
      output: output, imageCount: queue.count, originals: queue.named.map(\.nameForCopies))
    var trial = planned
    for source in queue.named { _ = try trial.target(for: source.nameForCopies) }
    return planned
  }

  /// Writes the annotated copies. Returns the first reason why one was not wanted, throws where one cannot be written.
  private func write(
    _ images: some Sequence<(ScannedImage, PredictedImage)>, to pictures: inout PicturePaths,
    _ emojis: EmojiSet?, _ pool: WorkerPool, _ terminal: Terminal
  ) throws -> EmojifyError? {
    var failure: EmojifyError?
    var copies: [AnnotatedCopy] = []
    for (scan, result) in images {
      do {
        let target = try pictures.target(for: scan.source.nameForCopies)
        if result.faces.isEmpty {
          terminal.note("\(result.path): no face, so no picture was written")
        } else {
          copies.append(AnnotatedCopy(source: scan.source, result: result, target: target))
        }
      } catch let error as EmojifyError {
        terminal.warn(error.description)
        failure = failure ?? error
      }
    }
    for written in pool.map(copies, { _, copy in try copy.write(emojis) }) {
      terminal.note("wrote \(try written.get().relativePath)")
    }
    return failure
  }
}
