import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// Which images the real binary scores, on the run of `WholeWayTests`: what was held out is known of that run's data alone.
@Suite struct EvalDataTests {
  private func eval(_ words: String...) throws -> Binary.Run { try eval(words) }

  private func eval(_ words: [String]) throws -> Binary.Run {
    let folder = try WholeWayTests.trained.get()
    return try Binary.run(["eval"] + words, in: folder)
  }

  /// The run's model, and the data without its test splits.
  private func prepared() throws -> (model: String, folder: URL) {
    let (folder, run) = try WholeWayTests.trainedRun()
    let text = try String(contentsOf: folder.appendingPathComponent("faces.csv"), encoding: .utf8)
    let lines = text.split(separator: "\n").filter { !$0.hasSuffix("Test") }
    try Data((lines.joined(separator: "\n") + "\n").utf8)
      .write(to: folder.appendingPathComponent("training.csv"), options: .atomic)
    return ("\(run)/best.h5", folder)
  }

  private func images(_ run: Binary.Run) throws -> Int? {
    try run.json()["images"] as? Int
  }

  @Test func theRunsOwnDataIsParted() throws {
    let (model, _) = try prepared()
    #expect(try images(eval("--model", model, "--split", "validation", "--json")) == 14)
    #expect(try images(eval("--model", model, "--split", "train", "--json")) == 98)
  }

  @Test func nobodyKnowsWhatWasHeldOutOfOtherData() throws {
    let (model, _) = try prepared()
    let held = try eval("--model", model, "--data", "training.csv", "--split", "validation")
    #expect(held.exitCode == 64)
    #expect(
      held.errors.contains("does not say which Training images of training.csv were held out"))
    let all = try eval("--model", model, "--data", "training.csv", "--json")
    #expect(try images(all) == 112 && all.errors.contains("split: all\n"))
    let fitted = try eval("--model", model, "--data", "training.csv", "--temperature", "training")
    #expect(fitted.exitCode == 64 && fitted.errors.contains("--temperature training: "))
  }

  @Test func imagesOfClassesTheModelDoesNotKnowAreNotLeftOutSilently() throws {
    let (model, folder) = try prepared()
    try withTemporaryFolder { other in
      let copy = other.appendingPathComponent("m.h5").path
      try FileManager.default.copyItem(
        atPath: folder.appendingPathComponent(model).path, toPath: copy)
      let words = ["--labels", "angry,disgust,fear,happy,sad,surprise,bored", "--split", "all"]
      let run = try eval(["--model", copy, "--data", "faces.csv", "--json"] + words)
      #expect(try images(run) == 120, "\(run.errors)")
      let note = "images of neutral, which \(copy) does not tell apart\n"
      #expect(run.errors.contains("note: left out 20 " + note), "\(run.errors)")
      // Those of the split that is scored.
      let part = try eval(
        ["--model", copy, "--data", "faces.csv", "--json"] + words.dropLast() + ["public"])
      let scored = try #require(try images(part))
      #expect(scored < 120 && scored % 6 == 0, "\(scored)")
      #expect(part.errors.contains("note: left out \(scored / 6) " + note), "\(part.errors)")
    }
  }

  /// Of no images there is no accuracy.
  @Test func whereAllAreCopiesNothingIsSaidOfTheOthers() throws {
    let (model, folder) = try prepared()
    let text = try String(contentsOf: folder.appendingPathComponent("faces.csv"), encoding: .utf8)
    let copies = text.split(separator: "\n").filter { $0.hasSuffix(",PublicTest") }
      .map { $0.replacing(",PublicTest", with: ",Training") }
    try withTemporaryFolder { other in
      let data = other.appendingPathComponent("copied.csv")
      try Data((text + copies.joined(separator: "\n") + "\n").utf8).write(to: data)
      let words = ["--model", model, "--data", data.path, "--split", "public"]
      let shown = try eval(words)
      #expect(shown.exitCode == 0, "\(shown.errors)")
      #expect(shown.output.contains("\(copies.count) images are exact copies of Training images\n"))
      let leak = try #require(
        eval(words + ["--json"]).json()["training_duplicates"] as? [String: Any])
      #expect(leak["duplicates"] as? Int == copies.count && leak["images_without"] as? Int == 0)
      #expect(leak["accuracy_without"] == nil)
    }
  }

  /// The run's data is known by what it holds, not by what it is called.
  @Test func theRunsDataIsKnownWhereverItLies() throws {
    let (model, folder) = try prepared()
    try withTemporaryFolder { other in
      let moved = other.appendingPathComponent("moved.csv")
      try FileManager.default.copyItem(
        at: folder.appendingPathComponent("faces.csv"), to: moved)
      let same = try eval(
        "--model", model, "--data", moved.path, "--split", "validation", "--json", "--quiet")
      #expect(try images(same) == 14, "\(same.errors)")
      try Binary.run("dataset", "draw", "faces.csv", "--count", "140", "--seed", "2", in: other)
      let stranger = try eval(
        "--model", model, "--data", other.appendingPathComponent("faces.csv").path, "--split",
        "validation")
      #expect(stranger.exitCode == 64, "\(stranger.errors)")
    }
  }

  /// The run's model with a config.json beside it that was changed.
  private func withCopy(
    of model: String, _ folder: URL, change: (String) -> String, _ body: (String) throws -> Void
  ) throws {
    try withTemporaryFolder { other in
      let run = folder.appendingPathComponent(model).deletingLastPathComponent()
      let config = try String(
        contentsOf: run.appendingPathComponent("config.json"), encoding: .utf8)
      try Data(change(config).utf8).write(to: other.appendingPathComponent("config.json"))
      let copy = other.appendingPathComponent("best.h5")
      try FileManager.default.copyItem(at: run.appendingPathComponent("best.h5"), to: copy)
      try body(copy.path)
    }
  }

  /// A file that was overwritten since is other data under the run's data's name.
  @Test func whatWasHeldOutIsNotSoughtInOtherImages() throws {
    let (model, folder) = try prepared()
    try withTemporaryFolder { other in
      try Binary.run("dataset", "draw", "faces.csv", "--count", "140", "--seed", "2", in: other)
      let change = { (config: String) in config.replacing(folder.path, with: other.path) }
      try withCopy(of: model, folder, change: change) { copy in
        for words in [["--split", "validation"], ["--temperature", "training"]] {
          let run = try Binary.run(["eval", "--model", copy] + words, in: folder)
          #expect(run.exitCode == 64, "\(run.errors)")
          #expect(run.errors.contains("faces.csv holds other images or labels than when"))
        }
        let all = try eval("--model", copy, "--split", "train", "--json")
        #expect(try images(all) == 112, "\(all.errors)")
      }
    }
  }

  /// Other programs put a config.json beside their models too.
  @Test func anothersConfigurationIsInNobodysWay() throws {
    let (model, folder) = try prepared()
    for config in [#"{"model_type": "resnet"}"#, "no JSON"] {
      try withCopy(of: model, folder, change: { _ in config }) { copy in
        let page = URL(fileURLWithPath: copy).deletingLastPathComponent()
          .appendingPathComponent("page.html").path
        let named = try eval(
          "--model", copy, "--data", "faces.csv", "--split", "validation", "--json", "--report",
          page)
        #expect(try images(named) == 14, "\(named.errors)")
        let unnamed = try eval("--model", copy)
        #expect(unnamed.exitCode == 65, "\(unnamed.errors)")
        #expect(unnamed.errors.contains("config.json"), "\(unnamed.errors)")
      }
    }
    // One of ours with a field that no run has is no reason to crash.
    let change = { (config: String) in
      config.replacing("\"epochs\" : 1", with: "\"epochs\" : 0")
    }
    try withCopy(of: model, folder, change: change) { copy in
      let unnamed = try eval("--model", copy, "--split", "validation")
      #expect(
        unnamed.exitCode == 65 && unnamed.errors.contains("config.json: epochs is 0"),
        "\(unnamed.errors)")
    }
  }

  @Test func classesThatHaveNothingInCommonAreNamed() throws {
    let (model, _) = try prepared()
    try withTemporaryFolder { other in
      for name in ["ant", "bee"] {
        let folder = other.appendingPathComponent("zoo/\(name)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try HandmadePNG.data(
          width: 2, height: 2, .gray, pixels: [1, 2, 3, 4]
        ).write(to: folder.appendingPathComponent("1.png"))
      }
      let zoo = other.appendingPathComponent("zoo").path
      let run = try eval("--model", model, "--data", zoo, "--split", "all")
      #expect(run.exitCode == 65)
      #expect(
        run.errors.contains("\(zoo): has the classes ant and bee, \(model) tells angry, "),
        "\(run.errors)")
    }
  }

  @Test func resultsDoNotTakeThePlaceOfTheData() throws {
    let (model, folder) = try prepared()
    let file = folder.appendingPathComponent("training.csv")
    let before = try Data(contentsOf: file)
    let run = try eval("--model", model, "--data", "training.csv", "--predictions", "training.csv")
    #expect(run.exitCode == 64 && run.errors.contains("training.csv is to be read"))
    #expect(try Data(contentsOf: file) == before)
  }

  @Test func ofAnEnsembleNobodyKnowsEither() throws {
    let (model, _) = try prepared()
    let two = try eval("--model", model, "--model", model, "--split", "validation")
    #expect(two.exitCode == 64, "\(two.errors)")
    let fitted = try eval("--model", model, "--model", model, "--temperature", "training")
    #expect(fitted.exitCode == 64 && fitted.output.isEmpty)
    // Twice the same network is that network.
    let one = try eval("--model", model, "--split", "public", "--json", "--quiet")
    let both = try eval(
      "--model", model, "--model", model, "--split", "public", "--csv", "--confusion", "--quiet")
    let alone = try eval("--model", model, "--split", "public", "--csv", "--confusion", "--quiet")
    #expect(try images(one) == 14)
    #expect(both.exitCode == 0 && both.output == alone.output)
  }

  /// Where there is no test split, an ensemble is scored on data that was named, and nothing is said of options nobody gave.
  @Test func anEnsembleTakesAllOfWhatIsNamed() throws {
    let (model, folder) = try prepared()
    let named = try eval("--model", model, "--model", model, "--data", "training.csv", "--json")
    #expect(try images(named) == 112, "\(named.errors)")
    #expect(named.errors.contains("split: all\n"), "\(named.errors)")
    // The same run, on data without test splits.
    let change = { (config: String) in config.replacing("/faces.csv", with: "/training.csv") }
    try withCopy(of: model, folder, change: change) { copy in
      let alone = try eval("--model", copy, "--model", copy)
      #expect(alone.exitCode == 64 && alone.output.isEmpty)
      #expect(
        alone.errors.contains("training.csv: has no test split, and nobody knows what an ensemble"),
        "\(alone.errors)")
      #expect(!alone.errors.contains("--split validation:"))
    }
  }

  /// A temperature changes how sure the answers are and what they cost, not what they are.
  @Test func aTemperatureIsAppliedOrFound() throws {
    let (model, _) = try prepared()
    func scores(_ words: String...) throws -> (accuracy: Double, loss: Double, errors: String) {
      let run = try Binary.run(
        ["eval", "--model", model, "--split", "validation", "--json"] + words,
        in: try WholeWayTests.trained.get())
      let report = try run.json()
      return (
        try #require(report["accuracy"] as? Double), try #require(report["loss"] as? Double),
        run.errors
      )
    }
    let plain = try scores()
    let hot = try scores("--temperature", "5")
    let fitted = try scores("--temperature", "training")
    #expect(hot.accuracy == plain.accuracy && fitted.accuracy == plain.accuracy)
    #expect(hot.loss != plain.loss)
    // Fitted on the very images that are scored, it cannot be worse than any other.
    #expect(fitted.loss <= min(plain.loss, hot.loss) + 1e-6)
    #expect(fitted.errors.contains("from 14 images of Training that were left out"))
  }

  @Test func bundledModelsGoByNameWhereAFolderHasItToo() throws {
    let fast = try #require(Resources.find("models/fast.h5"))
    let terminal = Terminal(quiet: true)
    let environment = ["EMOJIFY_MODEL": "fast"]
    let none: String? = nil
    #expect(
      try ModelChoice.choose(none, terminal, environment: environment).standardizedFileURL
        == fast.standardizedFileURL)
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("best"), withIntermediateDirectories: false)
      let data = try WholeWayTests.trained.get().appendingPathComponent("faces.csv").path
      let eval = try Binary.run(
        "eval", "--model", "best", "--data", data, "--split", "public", "--json", in: folder)
      #expect(try images(eval) == 14, "\(eval.errors)")
    }
  }
}
