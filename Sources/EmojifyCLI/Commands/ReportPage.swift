import FERCore
import Foundation

/// The evaluation as one HTML page that needs no other file: light and dark, on a wide screen and on a phone.
struct ReportPage {
  let evaluation: Evaluation
  let model: LoadedModel
  private static let mistakesShown = 24
  private static let pairsShown = 8

  /// The page. Throws what reading the run beside the model and encoding faces throw.
  var text: String {
    get throws {
      let run = try run()
      let sections = [
        summary, section("Training", training(run)),
        section(
          "Classes", figures([evaluation.charts.matrix, evaluation.charts.classes]) + classes),
        section("Confidence", figures([evaluation.charts.reliability]) + confidence),
        section("Hardest pairs", pairs),
        section("The most confident mistakes", try mistakes), section("Duplicates", duplicates),
        section("Recipe", try recipe(run)),
      ]
      return """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(escaped("\(evaluation.model): \(evaluation.headline)"))</title>
        <style>
        \(ReportStyle.sheet)
        \(ChartStyle.sheet)
        </style>
        </head>
        <body>
        <main>
        \(sections.joined(separator: "\n"))
        <footer>Written by emojify \(AllCommands.version). Labels of web images are noisy and posed; no score here says \
        what a person feels.</footer>
        </main>
        </body>
        </html>

        """
    }
  }

  private var report: ClassificationReport { evaluation.report }

  private func escaped(_ text: String) -> String { SVGDrawing.escaped(text) }

  /// A page is passed on: it names the data, not where that lay.
  private func shortened(_ path: String) -> String {
    let folder = URL(fileURLWithPath: evaluation.source).deletingLastPathComponent().path
    let absolute = path.hasPrefix("/") ? path : URL(fileURLWithPath: path).path
    return absolute.hasPrefix(folder + "/") ? String(absolute.dropFirst(folder.count + 1)) : path
  }

  private func section(_ title: String, _ body: String) -> String {
    body.isEmpty ? "" : "<section>\n<h2>\(title)</h2>\n\(body)\n</section>"
  }

  private func figures(_ charts: [any Chart]) -> String {
    let figures = charts.map { "<figure class=\"plot\">\(Figure.inline($0))</figure>" }
    return "<div class=\"plots\">\n\(figures.joined(separator: "\n"))\n</div>\n"
  }

  private func table(_ header: [String], _ rows: [[String]], words: Int = 1) -> String {
    let cells = { (row: [String], tag: String) in
      row.enumerated().map { column, text in
        "<\(tag)\(column < words ? "" : " class=\"n\"")>\(escaped(text))</\(tag)>"
      }.joined()
    }
    let head = header.isEmpty ? "" : "<thead><tr>\(cells(header, "th"))</tr></thead>\n"
    return "<div class=\"scroll\"><table>\n\(head)<tbody>\n"
      + rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined(separator: "\n")
      + "\n</tbody></table></div>"
  }

  private func run() throws -> RunRecord? {
    let folder = model.file.deletingLastPathComponent()
    guard !model.isEnsemble, let recipe = try? RunFolder.recipe(of: folder) else { return nil }
    return try RunRecord(folder, recipe)
  }

  private var summary: String {
    let percent = { (share: Double) in NumberText.percent(share, decimals: 2) }
    let interval = report.accuracyInterval.map { NumberText.percent($0) }
    let tiles = [
      ("accuracy", percent(report.accuracy), "95% interval \(interval[0]) to \(interval[1])"),
      ("macro F1", percent(report.macroF1), "every class counts the same"),
      ("balanced accuracy", percent(report.balancedAccuracy), "mean recall of the classes"),
      ("loss", NumberText.fixed(report.loss, 4), "cross-entropy, nats"),
      (
        "calibration error", percent(evaluation.calibration.expectedError),
        "confidence against accuracy"
      ),
    ].map { name, value, note in
      "<div class=\"tile\"><span>\(name)</span><strong>\(value)</strong><small>\(note)</small></div>"
    }
    let images = NumberText.count(report.images, "image")
    return """
      <header>
      <h1>\(escaped(evaluation.model))</h1>
      <p>\(escaped(images)) of \(escaped(evaluation.split)) in <code>\(escaped(shortened(evaluation.source)))</code>\
      \(evaluation.tta ? ", each averaged with its mirror image" : "")</p>
      <div class="tiles">\(tiles.joined(separator: "\n"))</div>
      </header>
      """
  }

  private func training(_ run: RunRecord?) -> String {
    guard let run, let best = run.best else { return "" }
    let curves = RunCurves(runs: [.init(name: run.name, epochs: run.epochs)])
    return "<p>\(run.epochs.count) of \(run.configuration.epochs) epochs of "
      + "\(escaped(run.configuration.architecture)); the best is \(best.epoch + 1), with a validation "
      + "accuracy of \(NumberText.percent(best.validationAccuracy, decimals: 2)).</p>\n"
      + figures(curves.charts)
  }

  private var classes: String {
    table(
      ["class", "precision", "recall", "F1", "images"],
      report.perClass.map { score in
        [score.name]
          + [score.precision, score.recall, score.f1].map { NumberText.percent($0) }
          + [NumberText.grouped(score.support)]
      })
  }

  private var confidence: String {
    let calibration = evaluation.calibration
    return "<p>Largest gap of a bin \(NumberText.percent(calibration.maximumError)), Brier score "
      + "\(NumberText.fixed(calibration.brierScore, 4)).</p>"
  }

  private var pairs: String {
    let matrix = report.matrix
    let shares = matrix.normalized(by: .truth)
    let names = matrix.classNames
    var places: [(row: Int, column: Int)] = []
    for row in names.indices {
      for column in names.indices where row != column && matrix.counts[row][column] > 0 {
        places.append((row, column))
      }
    }
    guard !places.isEmpty else { return "" }
    places.sort { shares[$0.row][$0.column] > shares[$1.row][$1.column] }
    let rows = places.prefix(Self.pairsShown).map { row, column in
      [
        names[row], names[column], NumberText.percent(shares[row][column]),
        NumberText.grouped(matrix.counts[row][column]),
      ]
    }
    return table(["true", "called", "share of the true class", "images"], rows, words: 2)
  }

  private var mistakes: String {
    get throws {
      let dataset = evaluation.dataset
      let wrong = evaluation.indices.indices
        .filter { evaluation.call($0).label != Int(dataset.labels[evaluation.indices[$0]]) }
        .sorted { evaluation.call($0).confidence > evaluation.call($1).confidence }
        .prefix(Self.mistakesShown)
      guard !wrong.isEmpty else { return "" }
      let names = dataset.classNames
      let faces = try wrong.map { place -> String in
        let image = evaluation.indices[place]
        let call = evaluation.call(place)
        let truth = names[Int(dataset.labels[image])]
        let source = dataset.source(of: image).map(shortened) ?? "image \(image)"
        return """
          <figure class="face"><img src="data:image/png;base64,\(try Self.png(dataset, image))" width="96" height="96" \
          alt="\(escaped("a face labelled \(truth)"))" title="\(escaped(source))">\
          <figcaption><b>\(escaped(truth))</b><br>called \(escaped(names[call.label])) \
          \(NumberText.percent(call.confidence, decimals: 0))</figcaption></figure>
          """
      }
      return
        "<p>The label first, then what the network called it. Many of these labels can be doubted.</p>\n"
        + "<div class=\"faces\">\n\(faces.joined(separator: "\n"))\n</div>"
    }
  }

  private static func png(_ dataset: FaceDataset, _ image: Int) throws -> String {
    let gray = dataset.image(image)
    let picture = try Image(
      width: dataset.side, height: dataset.side, pixels: gray.flatMap { [$0, $0, $0] })
    return try picture.encoded(as: "png").base64EncodedString()
  }

  private var duplicates: String {
    guard let leak = evaluation.leak else { return "" }
    guard leak.duplicates > 0 else {
      return "<p>No evaluated image is an exact copy of a Training image.</p>"
    }
    guard let accuracy = leak.accuracyWithout else {
      return "<p>All evaluated images are exact copies of Training images.</p>"
    }
    return
      "<p>\(NumberText.grouped(leak.duplicates)) of the evaluated images are exact copies of Training "
      + "images. On the other \(NumberText.grouped(leak.imagesWithout)) the accuracy is "
      + "<strong>\(NumberText.percent(accuracy, decimals: 2))</strong>.</p>"
  }

  private func recipe(_ run: RunRecord?) throws -> String {
    let metadata = model.metadata
    var facts = [
      ("architecture", metadata.architecture ?? "not said by the file"),
      (
        "parameters",
        NumberText.grouped(
          model.network.parameterCount.trainable + model.network.parameterCount.other)
      ),
      ("multiply-adds an image", NumberText.grouped(model.network.multiplyAdds)),
    ]
    if let seed = metadata.seed { facts.append(("seed", String(seed))) }
    if let split = metadata.split { facts.append(("trained on", split)) }
    if let version = metadata.version { facts.append(("emojify", version)) }
    var text = table([], facts.map { [$0.0, $0.1] }, words: 2)
    guard let recipe = metadata.recipe else { return text }
    if let configuration = try? TrainingConfiguration(
      json: Data(recipe.text().utf8), name: evaluation.model)
    {
      text +=
        "\n<p>To train it again:</p>\n<pre>\(escaped(Train(reproducing: configuration).commandLine))</pre>"
    }
    let pretty = try JSONOutput.text(recipe)
    return text
      + "\n<details><summary>The whole recipe</summary><pre>\(escaped(pretty))</pre></details>"
  }
}
