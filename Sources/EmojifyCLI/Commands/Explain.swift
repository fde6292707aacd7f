import FERCore
import Foundation

/// `emojify explain`: which places of a face made the network answer as it did.
struct Explain: Command {
  static let name = "explain"
  static let summary = "Show why a face is labelled so: Grad-CAM and occlusion maps over it."
  static let examples = [
    Example("emojify explain photo.jpg", "Every face of a photo, as photo-explain.png."),
    Example(
      "emojify explain --data fer2013.csv --index 3,17 --class fear", "What speaks for fear there."),
    Example("emojify explain face.png --no-detect --method occlusion --json", "Numbers too."),
  ]
  static let discussion = """
    Grad-CAM (Selvaraju et al. 2017) weighs the maps of a layer, the last convolution with the sum and the activation that \
    follow it unless --layer names another, by how the class' score depends on them: coloured places speak for the class, clear ones do not. Occlusion (Zeiler & \
    Fergus 2014) covers the face with a gray square place by place and shows where the class' probability falls most. \
    Each map is coloured up to its own strongest place. Both say what the network looked at, not whether that was right.
    """
  static var positionals: [Positional<Self>] {
    [.optional("PHOTO", \.photo, "An image; its faces are looked for.")]
  }
  static var options: [Option<Self>] {
    [
      .value(
        "--data", "<path>", \.data, "Instead of a photo: a fer2013.csv or a folder of images."),
      .value(
        "--index", "<numbers>", \.indices, default: nil,
        "With --data: which images, by their place in it, from 0."),
      .collecting("--model", "<file>", \.models, "The network to ask, \(ModelChoice.orByName)."),
      .value(
        "--class", "<name>", \.className, default: "the predicted one", "The class to explain."),
      .value(
        "--layer", "<name>", \.layer, default: "the last convolution, and what follows it at once",
        "The layer that Grad-CAM looks at; 'model summary' lists them."),
      .value("--method", "<name>", \.method, "Which maps to draw."),
      .value(
        "--output", "<file>", \.output, short: "-o", default: "NAME-explain.png here",
        "The picture to write, outside the folder that --data names."),
      .flag("--json", \.json, "Write scores and maps as JSON."),
      .flag("--no-detect", \.detect, sets: false, "The photo is a face; do not look for any."),
      .value(
        "--min-face", "<pixels>", \.minimumFace, in: .between(0, 100_000),
        "Pass over faces that are smaller than this in the photo."),
      .value("--threads", "<count>", \.threads, in: .threads, default: "all", "CPU threads."),
    ] + Option.section("Other people's models", ModelOptions.options(\.modelFacts, color: false))
  }

  var common = CommonOptions()
  var photo: String?
  var data: String?
  var indices: [Int] = []
  var models: [String] = []
  var modelFacts = ModelOptions()
  var className: String?
  var layer: String?
  var method = Method.both
  var output: String?
  var json = false
  var detect = true
  var minimumFace = 0
  var threads: Int?

  enum Method: String, ArgumentChoice {
    case both
    case gradCAM = "grad-cam"
    case occlusion
  }

  func validate() throws {
    guard models.count < 2 else {
      throw EmojifyError.usage("explain asks one --model, not \(models.count)")
    }
    switch (photo, data) {
    case (nil, nil):
      throw EmojifyError.usage(
        "explain needs a PHOTO, or --data and --index; see 'emojify explain --help'")
    case (.some, .some): throw EmojifyError.usage("explain takes a PHOTO or --data, not both")
    case (.some(let photo), nil):
      guard indices.isEmpty else { throw EmojifyError.usage("--index goes with --data") }
      try atMostOne(of: "--no-detect", "--min-face")
      try InputGuard.check([output ?? defaultOutput], against: [photo])
    case (nil, .some(let data)):
      guard !indices.isEmpty else {
        throw EmojifyError.usage("--data needs --index: which of its images, from 0")
      }
      if let lonely = ["--no-detect", "--min-face"].first(where: common.given.contains) {
        throw EmojifyError.usage("\(lonely) goes with a PHOTO, not with --data")
      }
      try InputGuard.check(output ?? defaultOutput, outside: data)
    }
    // Before the work, so that a wrong ending is not found out after it.
    if let output { try Image.checkEnding(of: URL(fileURLWithPath: output)) }
    if method == .occlusion, layer != nil {
      throw EmojifyError.usage("--layer goes with Grad-CAM, not with --method occlusion")
    }
  }

  func run(_ terminal: Terminal) throws {
    let explainer = try FaceExplainer(
      LoadedModel(ModelChoice.choose(models.first, terminal), told: grayFacts, terminal),
      className: className, layer: layer,
      method: method, pool: WorkerPool(threads: threads))
    let subjects =
      try photo.map { try photoFaces(of: $0, explainer.side) }
      ?? chosenImages(explainer.side, terminal)
    guard !subjects.isEmpty else {
      if !json { return print("\(photo ?? ""): no face found") }
      return try JSONOutput.write([] as [ExplainedFace])
    }
    var bar = ProgressBar(terminal, label: "explain")
    var faces: [ExplainedFace] = []
    for subject in subjects {
      bar.update(
        Double(faces.count) / Double(subjects.count),
        "\(faces.count) of \(NumberText.count(subjects.count, "face"))")
      faces.append(try explainer.explain(subject))
    }
    bar.clear()
    let target = URL(fileURLWithPath: output ?? defaultOutput)
    try ExplanationPicture(faces: faces, side: explainer.side).image().write(to: target)
    if json {
      try JSONOutput.write(faces)
    } else {
      print(ExplainedFace.text(faces, terminal))
    }
    terminal.note("wrote \(target.relativePath)")
  }

  /// Faces are shown and explained in gray.
  private var grayFacts: ModelOptions {
    var facts = modelFacts
    facts.color = .gray
    return facts
  }

  /// `photo-explain.png`, `fer2013-3-explain.png`.
  private var defaultOutput: String {
    let stem = URL(fileURLWithPath: photo ?? data ?? "").deletingPathExtension().lastPathComponent
    let place = data == nil ? "" : "-" + indices.prefix(3).map { String($0) }.joined(separator: "-")
    return "\(stem)\(place)-explain.png"
  }

  private func photoFaces(of path: String, _ side: Int) throws -> [ExplainedFace.Subject] {
    let file = URL(fileURLWithPath: path)
    let image = try Image(contentsOf: file)
    guard detect else {
      let pixels = try ImageDecoder.grayPixels(of: file, side: side)
      return [.init(name: path, pixels: pixels, box: image.bounds)]
    }
    let boxes = try FaceDetector().faces(in: image, minimumSide: minimumFace)
    return try boxes.enumerated().map { place, box in
      .init(
        name: path, pixels: try FaceCrop.grayPixels(of: box, in: image, side: side), box: box,
        number: boxes.count > 1 ? place + 1 : nil)
    }
  }

  private func chosenImages(_ side: Int, _ terminal: Terminal) throws -> [ExplainedFace.Subject] {
    let format = FaceFormat(width: side, height: side)
    let dataset = try DataSource.load(data ?? "", for: format, terminal)
    return try indices.map { index in
      guard dataset.labels.indices.contains(index) else {
        throw EmojifyError.usage(
          "--index \(index) is out of range: expected 0 to \(dataset.count - 1)")
      }
      return .init(
        name: dataset.source(of: index) ?? "image \(index)",
        pixels: dataset.images([index], height: side, width: side),
        index: index, truth: dataset.classNames[Int(dataset.labels[index])])
    }
  }
}
