import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// From drawn faces to a labelled picture, as a newcomer goes: each test runs the real binary.
@Suite(.serialized) struct WholeWayTests {
  /// A folder with faces.csv and one trained run, made once for all tests.
  static let trained: Result<URL, any Error> = Result {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("emojify-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let draw = try Binary.run(
      "dataset", "draw", "faces.csv", "--count", "140", "--seed", "1", in: folder)
    try #require(draw.exitCode == 0, "\(draw.errors)")
    let train = try Binary.run(
      "train", "faces.csv", "--architecture", "emojify", "--epochs", "1", "--batch-size", "28",
      "--seed", "1", in: folder)
    try #require(train.exitCode == 0, "\(train.errors)")
    #expect(train.output.hasPrefix("best epoch 1: validation accuracy "))
    #expect(train.output.contains("\nemojify eval --model runs/"))
    #expect(train.output.contains("\nemojify predict photo.jpg --model runs/"))
    #expect(train.errors.contains("98 training images, 14 validation images (a share of Training)"))
    #expect(train.errors.contains("\nepoch 1/1  loss "))
    return folder
  }

  /// The folder, and that run's name in it.
  static func trainedRun() throws -> (folder: URL, run: String) {
    let folder = try trained.get()
    let run = try #require(RunFolder.newest(in: folder.appendingPathComponent("runs")))
    return (folder, "runs/\(run.lastPathComponent)")
  }

  @Test func aNetworkThatLearnsNothingIsNoticed() throws {
    try withTemporaryFolder { folder in
      let gray = Array(repeating: "90", count: 48 * 48).joined(separator: " ")
      let rows = (0..<40).map { "\($0 % 2 * 3),\(gray),Training" }
      try "emotion,pixels,Usage\n\(rows.joined(separator: "\n"))\n"
        .write(to: folder.appendingPathComponent("gray.csv"), atomically: true, encoding: .utf8)
      let train = try Binary.run(
        "train", "gray.csv", "--architecture", "emojify", "--epochs", "3", "--batch-size", "12",
        in: folder)
      #expect(train.exitCode == 0, "\(train.errors)")
      let notes = train.errors.split(separator: "\n").filter { $0.hasPrefix("note: all ") }
      #expect(notes.count == 1 && notes[0].contains(" validation images are called '"))
    }
  }

  @Test func aDataSetIsCounted() throws {
    let run = try Binary.run("dataset", "info", "faces.csv", in: try Self.trained.get())
    #expect(run.exitCode == 0 && run.errors.isEmpty)
    #expect(
      run.output == """
        faces.csv: 140 images of 48 x 48 pixels

        class     Training  PublicTest  PrivateTest  all  share
        ─────────────────────────────────────────────────────────────────────────
        angry           16           2            2   20  14.3%  ████████████████
        disgust         16           2            2   20  14.3%  ████████████████
        fear            16           2            2   20  14.3%  ████████████████
        happy           16           2            2   20  14.3%  ████████████████
        sad             16           2            2   20  14.3%  ████████████████
        surprise        16           2            2   20  14.3%  ████████████████
        neutral         16           2            2   20  14.3%  ████████████████
        ─────────────────────────────────────────────────────────────────────────
        all            112          14           14  140

        gray levels 0-255    mean  deviation
        ────────────────────────────────────
        Training           104.05      48.42
        PublicTest         112.97      45.17
        PrivateTest        112.83      46.88
        all                105.82      48.08

        duplicates: none

        blank: none

        """)
  }

  @Test func evalWithoutArgumentsTakesTheNewestRunAndItsData() throws {
    let folder = try Self.trained.get()
    let run = try Binary.run("eval", "--confusion", in: folder)
    #expect(run.exitCode == 0)
    let notes = run.errors.split(separator: "\n")
    #expect(notes.count == 3)
    #expect(notes[0].hasPrefix("model: runs/") && notes[0].hasSuffix("/best.h5 (the newest run)"))
    #expect(notes[1] == "data: \(folder.path)/faces.csv (what the model was trained on)")
    #expect(notes[2] == "split: PublicTest")
    #expect(run.output.hasPrefix("accuracy  ") && run.output.contains("14 images)"))
    #expect(run.output.contains("\nclass     precision  recall"))
    #expect(run.output.contains("\nconfusion, images:\n"))
  }

  @Test func evalAsJSONHasItsKeys() throws {
    let run = try Binary.run(
      "eval", "--json", "--split", "all", "--tta", "--quiet", in: try Self.trained.get())
    #expect(run.exitCode == 0 && run.errors.isEmpty)
    let report = try run.json()
    let keys: Set = [
      "accuracy", "loss", "macro_f1", "balanced_accuracy", "images", "classes", "confusion",
    ]
    #expect(keys.isSubset(of: report.keys))
    #expect(report["images"] as? Int == 140)
    #expect((report["confusion"] as? [[Int]])?.joined().reduce(0, +) == 140)
  }

  @Test func aPortraitIsFoundLabelledAndWritten() throws {
    let folder = try Self.trained.get()
    let portrait = try Binary.run("dataset", "portrait", "three.png", in: folder)
    #expect(portrait.exitCode == 0, "\(portrait.errors)")
    let run = try Binary.run("predict", "three.png", "--json", "--emoji", in: folder)
    #expect(run.exitCode == 0)
    #expect(run.errors.hasSuffix("\nwrote three-emojify.png\n"))
    let written = folder.appendingPathComponent("three-emojify.png")
    #expect(FileManager.default.fileExists(atPath: written.path))
    let images = try run.json([[String: Any]].self)
    let faces = try #require(images.first?["faces"] as? [[String: Any]])
    #expect(images.count == 1 && images[0]["image"] as? String == "three.png")
    let model = try #require(images[0]["model"] as? String)
    #expect(model.hasPrefix("runs/") && model.hasSuffix("/best.h5"))
    let bytes = try Data(contentsOf: folder.appendingPathComponent("three.png"))
    let picture = try Image(data: bytes, name: "three.png")
    #expect(images[0]["width"] as? Int == picture.width)
    #expect(images[0]["height"] as? Int == picture.height)
    #expect(faces.count == 3)
    for face in faces {
      let emotions = try #require(face["emotions"] as? [String: Double])
      let best = try #require(emotions.max { $0.value < $1.value })
      #expect(emotions.count == 7)
      #expect(abs(emotions.values.reduce(0, +) - 1) < 1e-4)
      #expect(face["score"] as? Double == best.value)
      #expect((face["box"] as? [Int])?.count == 4)
      #expect(Emotion(name: face["emotion"] as? String ?? "")?.emoji == face["emoji"] as? String)
    }
  }

  @Test func oneUnreadableImageDoesNotStopTheOthers() throws {
    let folder = try Self.trained.get()
    try Data("no image".utf8).write(to: folder.appendingPathComponent("broken.png"))
    let missing = try Binary.run("predict", "gone.png", "broken.png", "--json", in: folder)
    #expect(missing.exitCode == 66)
    let records = try missing.json([[String: Any]].self)
    #expect(records.map { $0["image"] as? String } == ["gone.png", "broken.png"])
    #expect(records[0]["error"] as? String == "gone.png: no such file")
    #expect(records.allSatisfy { ($0["faces"] as? [Any])?.isEmpty == true })
    #expect(missing.errors.contains("emojify: gone.png: "))
    #expect(missing.errors.contains("emojify: broken.png: "))
    let broken = try Binary.run("predict", "broken.png", in: folder)
    #expect(broken.exitCode == 65 && broken.output.isEmpty)
  }

  @Test func aRunIsNeverOverwritten() throws {
    let folder = try Self.trained.get()
    let run = try Binary.run("train", "faces.csv", "--output", "runs", in: folder)
    #expect(run.exitCode == 64)
    #expect(run.errors == "emojify: runs: is there already; a run needs a new folder\n")
  }

  @Test func ctrlCSavesAndResumeEndsTheSame() throws {
    let folder = try Self.trained.get()
    let recipe = [
      "train", "faces.csv", "--architecture", "emojify", "--epochs", "4", "--batch-size", "8",
      "--output",
    ]
    let process = try Binary.start(recipe + ["stopped"], in: folder)
    let history = folder.appendingPathComponent("stopped/history.csv").path
    while process.isRunning, !FileManager.default.fileExists(atPath: history) { usleep(2000) }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    #expect(try Binary.run("train", "--resume", "stopped", in: folder).exitCode == 0)
    #expect(try Binary.run(recipe + ["whole"], in: folder).exitCode == 0)
    let files = try ["stopped", "whole"].map {
      try Data(contentsOf: folder.appendingPathComponent("\($0)/history.csv"))
    }
    #expect(files[0] == files[1])
  }

  @Test func architecturesAreListedAndShown() throws {
    let list = try Binary.run("model", "list", "--json")
    let rows = try list.json([[String: Any]].self)
    #expect(rows.map { $0["name"] as? String } == Architecture.all.map(\.name))
    let summary = try Binary.run("model", "summary", "emojify")
    #expect(summary.exitCode == 0 && summary.errors.isEmpty)
    #expect(summary.output.contains("dense (Dense)                   [1024]          2,098,176"))
    #expect(summary.output.contains("parameters: 2,345,607, of which 2,345,607 are trained"))
    let unknown = try Binary.run("model", "summary", "emojfy")
    #expect(unknown.exitCode == 66)
    #expect(unknown.errors.hasSuffix("did you mean 'emojify'?\n"))
  }
}
