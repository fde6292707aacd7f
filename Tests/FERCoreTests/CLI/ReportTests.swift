import Foundation
import Testing

@testable import EmojifyCLI

/// What runs and evaluations leave to look at: the real binary on the run of `WholeWayTests`.
@Suite struct ReportTests {
  @Test func trainingLeavesItsCurves() throws {
    let (folder, run) = try WholeWayTests.trainedRun()
    let curves = try String(
      contentsOf: folder.appendingPathComponent("\(run)/curves.svg"), encoding: .utf8)
    #expect(curves.hasPrefix("<svg ") && curves.hasSuffix("</svg>\n"))
    #expect(curves.contains(">Accuracy</text>") && curves.contains(">Loss</text>"))
  }

  @Test func thePageHoldsEverythingAndNeedsNothing() throws {
    let (folder, run) = try WholeWayTests.trainedRun()
    let made = try Binary.run(
      "eval", "--model", "\(run)/best.h5", "--split", "all", "--report", "report.html", "--plot",
      "eval.svg", in: folder)
    #expect(made.exitCode == 0, "\(made.errors)")
    let page = try String(contentsOf: folder.appendingPathComponent("report.html"), encoding: .utf8)
    for title in [
      "Training", "Classes", "Confidence", "Hardest pairs", "The most confident mistakes",
      "Recipe",
    ] { #expect(page.contains("<h2>\(title)</h2>"), "\(title)") }
    let faces = page.components(separatedBy: "data:image/png;base64,")
    #expect(faces.count == 25)
    // A PNG's first eight bytes.
    for face in faces.dropFirst() { #expect(face.hasPrefix("iVBORw0KGgo")) }
    // Nothing is fetched: the only address is the name of SVG's own vocabulary.
    let addresses = page.replacing("http://www.w3.org/2000/svg", with: "")
    #expect(!addresses.contains("http:") && !addresses.contains("https:"))
    #expect(!addresses.contains("<script") && !addresses.contains("url("))
    #expect(
      page.contains("emojify train faces.csv --architecture emojify --epochs 1 --batch-size 28"))
    #expect(page.contains("prefers-color-scheme: dark") && page.contains("width=device-width"))
    let plot = try String(contentsOf: folder.appendingPathComponent("eval.svg"), encoding: .utf8)
    #expect(plot.contains(">Confusion matrix</text>") && plot.contains(">Reliability</text>"))
  }

  @Test func evalsTablesAgreeWithItsPredictions() throws {
    let (folder, run) = try WholeWayTests.trainedRun()
    let common = ["eval", "--model", "\(run)/best.h5", "--split", "train", "--quiet"]
    let whole = try Binary.run(common + ["--json", "--predictions", "p.csv"], in: folder)
    #expect(whole.exitCode == 0 && whole.errors.isEmpty)
    let report = try whole.json()
    let lines = try String(contentsOf: folder.appendingPathComponent("p.csv"), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    #expect(lines[0].prefix(4) == ["image", "split", "true", "called"])
    let rows = lines.dropFirst()
    #expect(rows.count == 98 && rows.allSatisfy { $0[1] == "Training" && $0.count == 11 })
    #expect(rows.first?[0].hasSuffix("/faces.csv:2") == true)
    let hits = Double(rows.count { $0[2] == $0[3] })
    #expect(abs((report["accuracy"] as? Double ?? -1) - hits / 98) < 1e-9)
    for row in rows {
      let shares = row.dropFirst(4).compactMap { Double($0) }
      #expect(abs(shares.reduce(0, +) - 1) < 1e-5)
      #expect(lines[0][4 + shares.firstIndex(of: shares.max()!)!] == row[3])
    }
    #expect(report["split"] as? String == "Training" && report["tta"] as? Bool == false)
    let bins = (report["calibration"] as? [String: Any])?["bins"] as? [[String: Any]]
    #expect(bins?.compactMap { $0["images"] as? Int }.reduce(0, +) == 98)
    // What is evaluated is what was trained on: nothing is a leak.
    #expect(report["training_duplicates"] is NSNull)

    let matrix = try Binary.run(common + ["--csv", "--confusion"], in: folder)
    let counts = matrix.output.split(separator: "\n").dropFirst().flatMap {
      $0.split(separator: ",").dropFirst().compactMap { Int($0) }
    }
    #expect(counts.reduce(0, +) == 98 && counts.count == 49)
    let table = try Binary.run(common + ["--csv"], in: folder)
    #expect(table.output.hasPrefix("class,precision,recall,f1,support\nangry,"))
  }

  @Test func copiesOfTrainingImagesAreCountedAndLeftOut() throws {
    let (folder, run) = try WholeWayTests.trainedRun()
    // The table again, its first PublicTest image replaced by the first Training image.
    let text = try String(contentsOf: folder.appendingPathComponent("faces.csv"), encoding: .utf8)
    var lines = text.split(separator: "\n").map(String.init)
    let pixels = lines[1].split(separator: ",")[1]
    let place = try #require(lines.firstIndex { $0.hasSuffix("PublicTest") })
    lines[place] = "\(lines[place].split(separator: ",")[0]),\(pixels),PublicTest"
    try Data((lines.joined(separator: "\n") + "\n").utf8)
      .write(to: folder.appendingPathComponent("leak.csv"))
    let made = try Binary.run(
      "eval", "--model", "\(run)/best.h5", "--data", "leak.csv", "--split", "public", "--json",
      in: folder)
    let leak = try #require(try made.json()["training_duplicates"] as? [String: Any])
    #expect(leak["duplicates"] as? Int == 1 && leak["images_without"] as? Int == 13)
  }

  @Test func historyListsComparesAndDraws() throws {
    let (folder, run) = try WholeWayTests.trainedRun()
    let one = try Binary.run("history", run, in: folder)
    #expect(one.exitCode == 0 && one.output.contains("emojify, 1 of 1 epoch, seed 1"))
    #expect(one.output.contains("\naccuracy\n") && one.output.contains("● validation"))
    let both = try Binary.run("history", run, run, "--plot", "both.svg", in: folder)
    #expect(both.exitCode == 0 && both.errors == "wrote both.svg\n")
    #expect(both.output.hasPrefix("run"))
    let data = try Binary.run("history", run, "--json", in: folder)
    let runs = try data.json([[String: Any]].self)
    let epochs = try #require(runs.first?["epochs"] as? [[String: Any]])
    let file = try String(
      contentsOf: folder.appendingPathComponent("\(run)/history.csv"), encoding: .utf8)
    // As text: Foundation's reader of JSON may be off by the last bit.
    let loss = try #require(file.split(separator: "\n").last?.split(separator: ",").last)
    #expect(epochs.count == 1 && data.output.contains("\"validation_loss\" : \(loss)"))
    let table = try Binary.run("history", run, "--csv", in: folder)
    #expect(table.output.split(separator: "\n").count == 2)
    let none = try Binary.run("history", "emptiness", in: folder)
    #expect(none.exitCode == 66 && none.errors.contains("emptiness: is not the folder of a run"))
  }

  @Test func aDamagedRunIsToldAndTheOthersAreShown() throws {
    let (trained, run) = try WholeWayTests.trainedRun()
    try withTemporaryFolder { folder in
      let runs = folder.appendingPathComponent("runs")
      let damaged = runs.appendingPathComponent("damaged")
      try FileManager.default.createDirectory(at: damaged, withIntermediateDirectories: true)
      try Data("{}".utf8).write(to: damaged.appendingPathComponent("config.json"))
      let fault = "emojify: runs/damaged/config.json: 'architecture' is missing\n"
      for form in [[], ["--json"], ["--csv"], ["--plot", "x.svg"]] {
        let none = try Binary.run(["history"] + form, in: folder)
        #expect(none.exitCode == 65 && none.output.isEmpty, "\(form)")
        #expect(none.errors == fault)
      }
      try FileManager.default.copyItem(
        at: trained.appendingPathComponent(run), to: runs.appendingPathComponent("good"))
      let one = try Binary.run("history", "--plot", "x.svg", in: folder)
      #expect(one.exitCode == 65 && one.errors == fault + "wrote x.svg\n", "\(one.errors)")
      // Of two runs, one that can be read is still one of two.
      #expect(one.output.contains("architecture  seed  epochs"), "\(one.output)")
      let json = try Binary.run("history", "--json", in: folder)
      #expect(json.exitCode == 65)
      #expect(try json.json([[String: Any]].self).map { $0["run"] as? String } == ["good"])
    }
  }

  @Test(arguments: [
    (["eval", "--plot", "a.png"], "a.png: charts are written as SVG"),
    (["eval", "--report", "a.txt"], "--report a.txt: expected a name ending in .html"),
    (["eval", "--json", "--csv"], "exclude each other"),
    (["history", "--plot", "x"], "expected a name ending in .svg"),
    (["dataset", "info", "faces.csv", "--plot", "x.pdf"], "expected a name ending in .svg"),
  ])
  func wrongEndingsAreFoundBeforeTheWork(words: [String], message: String) throws {
    let run = try Binary.run(words, in: try WholeWayTests.trainedRun().folder)
    #expect(run.exitCode == 64 && run.errors.contains(message), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1)
  }
}
