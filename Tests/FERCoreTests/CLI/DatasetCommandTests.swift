import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// `dataset clean`, `train --skip`, `dataset info` and `dataset sample`, run as a user runs them.
@Suite struct DatasetCommandTests {
  /// 84 drawn faces; 1 to 3 copy image 0, the last three (PrivateTest) copy 4 to 6, image 7 is flat.
  private static let faces: FaceDataset = {
    let drawn = DrawnFaces.draw(count: 84, seed: 2)
    var images = (0..<84).map(drawn.image)
    for index in 1...3 { images[index] = images[0] }
    for index in 4...6 { images[77 + index] = images[index] }
    images[7] = [UInt8](repeating: 90, count: 48 * 48)
    var labels = drawn.labels
    for index in 1...3 { labels[index] = labels[0] }
    for index in 4...6 { labels[77 + index] = labels[index] }
    return FaceDataset(pixels: Array(images.joined()), labels: labels, splits: drawn.splits)
  }()

  private func withFaces(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try Self.faces.writeCSV(to: folder.appendingPathComponent("faces.csv"))
      try body(folder)
    }
  }

  @Test func infoAsJSONAndCSVHoldsEverything() throws {
    try withFaces { folder in
      let json = try Binary.run("dataset", "info", "faces.csv", "--json", in: folder)
      #expect(json.exitCode == 0 && json.errors.isEmpty)
      let report = try json.json()
      #expect(report["images"] as? Int == 84 && report["side"] as? Int == 48)
      #expect(report["classes"] as? [String] == Emotion.allCases.map(\.name))
      #expect(report["blank"] as? [Int] == [7])
      let splits = try #require(report["splits"] as? [String: [String: Int]])
      #expect(splits["Training"]?.values.reduce(0, +) == 67)
      let pixels = try #require(report["pixels"] as? [String: [String: Double]])
      let bytes = Self.faces.pixels.map(Double.init)
      let mean = bytes.reduce(0, +) / Double(bytes.count)
      #expect(abs(try #require(pixels["all"]?["mean"]) - mean) < 1e-5)
      let duplicates = try #require(report["duplicates"] as? [String: Any])
      #expect(duplicates["groups"] as? [[Int]] == [[0, 1, 2, 3], [4, 81], [5, 82], [6, 83]])
      #expect(duplicates["copies"] as? Int == 6)
      let csv = try Binary.run("dataset", "info", "faces.csv", "--csv", in: folder)
      let lines = csv.output.split(separator: "\n")
      #expect(lines.count == 8 && lines[0] == "class,Training,PublicTest,PrivateTest,all")
      let all = Self.faces.classCounts()[3]
      #expect(lines[4].hasPrefix("happy,") && lines[4].hasSuffix(",\(all)"))
    }
  }

  @Test func trainLeavesOutWhatCleanListsAndSoDoesResume() throws {
    try withFaces { folder in
      let clean = try Binary.run("dataset", "clean", "faces.csv", "skip.txt", in: folder)
      #expect(clean.exitCode == 0 && clean.errors == "wrote skip.txt\n")
      #expect(
        clean.output
          == """
          reason    images
          ─────────────────────────────────────────────────────────
          blank          1  show nothing
          leak           3  are in PublicTest or PrivateTest too
          conflict       0  have another label elsewhere in Training
          copy           3  are in Training before
          ─────────────────────────────────────────────────────────
          all            7  of 84

          """.replacing(/─+/, with: String(repeating: "─", count: 58)))
      let recipe = [
        "train", "faces.csv", "--architecture", "emojify", "--epochs", "1", "--batch-size", "30",
        "--skip", "skip.txt", "--output",
      ]
      let run = try Binary.run(recipe + ["run"], in: folder)
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("skipped 7 images of 84: skip.txt\n"))
      #expect(run.errors.contains("53 training images, 7 validation images"))
      let config = try String(
        contentsOf: folder.appendingPathComponent("run/config.json"), encoding: .utf8)
      #expect(config.contains("\"skip\" : \"\(folder.path)/skip.txt\""))
      let resumed = try Binary.run("train", "--resume", "run", in: folder)
      #expect(resumed.errors.contains("skipped 7 images of 84: "), "\(resumed.errors)")
      let scored = try Binary.run(
        "eval", "--model", "run/best.h5", "--split", "train", "--json", in: folder)
      #expect(scored.exitCode == 0 && scored.output.contains("\"images\" : 53"), "\(scored.errors)")
      // Another list under the same name is not taken for the run's.
      let list = folder.appendingPathComponent("skip.txt")
      let text = try String(contentsOf: list, encoding: .utf8)
      try Data(text.replacing("\n9\t", with: "\n# 9\t").utf8).write(to: list)
      let other = try Binary.run("train", "--resume", "run", in: folder)
      #expect(other.exitCode == 65)
      #expect(other.errors.hasSuffix("it cannot go on with another list\n"))
      let held = try Binary.run(
        "eval", "--model", "run/best.h5", "--split", "validation", in: folder)
      #expect(held.exitCode == 65 && held.output.isEmpty, "\(held.output)")
      #expect(held.errors.contains("names 6 images, run/best.h5 was trained without 7"))
      // Without its list nobody knows which of them it has seen.
      try FileManager.default.removeItem(at: list)
      let lost = try Binary.run("eval", "--model", "run/best.h5", "--split", "public", in: folder)
      #expect(lost.exitCode == 0 && !lost.output.contains("copies"), "\(lost.output)")
      #expect(lost.errors.contains("nobody knows which images run/best.h5 was trained without"))
    }
  }

  /// Images that a run does not train on may come and go.
  @Test func aRunGoesOnWhereOnlyOtherClassesChanged() throws {
    try withFaces { folder in
      let run = try Binary.run(
        "train", "faces.csv", "--architecture", "emojify", "--classes", "happy,sad", "--epochs",
        "1",
        "--output", "run", in: folder)
      try #require(run.exitCode == 0, "\(run.errors)")
      let file = folder.appendingPathComponent("faces.csv")
      let text = try String(contentsOf: file, encoding: .utf8)
      let angry = try #require(text.split(separator: "\n").first { $0.hasPrefix("0,") })
      try Data((text + angry + "\n").utf8).write(to: file)
      let resumed = try Binary.run("train", "--resume", "run", in: folder)
      #expect(resumed.exitCode == 0, "\(resumed.errors)")
      let held = try Binary.run(
        "eval", "--model", "run/best.h5", "--split", "validation", in: folder)
      #expect(held.exitCode == 0, "\(held.errors)")
    }
  }

  /// Also where the run was stopped before its first checkpoint, which would know.
  @Test func aRunGoesOnWithItsOwnDataOnly() throws {
    try withFaces { folder in
      let run = try Binary.run(
        "train", "faces.csv", "--architecture", "emojify", "--epochs", "1", "--output", "run",
        in: folder)
      try #require(run.exitCode == 0, "\(run.errors)")
      for name in ["run/checkpoint.h5", "faces.csv"] {
        try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
      }
      let drawn = try Binary.run(
        "dataset", "draw", "faces.csv", "--count", "84", "--seed", "9", in: folder)
      try #require(drawn.exitCode == 0, "\(drawn.errors)")
      let resumed = try Binary.run("train", "--resume", "run", in: folder)
      #expect(resumed.exitCode == 65)
      #expect(
        resumed.errors
          == "emojify: \(folder.path)/faces.csv: holds other images or labels than when run began: "
          + "it cannot go on with them\n")
    }
  }

  @Test func aListForOtherDataAndABadOneAreOneLineEach() throws {
    try withFaces { folder in
      #expect(
        try Binary.run("dataset", "clean", "faces.csv", "skip.txt", "-q", in: folder).exitCode == 0)
      #expect(
        try Binary.run("dataset", "draw", "other.csv", "--count", "84", "-q", in: folder).exitCode
          == 0)
      let other = try Binary.run("train", "other.csv", "--skip", "skip.txt", in: folder)
      #expect(other.exitCode == 65)
      #expect(other.errors.hasPrefix("emojify: skip.txt: was made for other data: 84 images "))
      #expect(other.errors.split(separator: "\n").count == 1)
      let missing = try Binary.run("train", "faces.csv", "--skip", "lost.txt", in: folder)
      #expect(missing.exitCode == 66)
      #expect(
        missing.errors == "emojify: lost.txt: cannot read: No such file or directory\n")
      // DATA given twice does not cost the data.
      let twice = try Binary.run("dataset", "clean", "faces.csv", "faces.csv", in: folder)
      #expect(twice.exitCode == 64)
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/runs"))
    }
  }

  @Test func aContactSheetHasARowForEachClass() throws {
    try withFaces { folder in
      let run = try Binary.run(
        "dataset", "sample", "faces.csv", "sheet.png", "--per-class", "4", "--seed", "3", in: folder
      )
      #expect(run.exitCode == 0 && run.output.isEmpty && run.errors == "wrote sheet.png\n")
      let sheet = try Image(contentsOf: folder.appendingPathComponent("sheet.png"))
      #expect(sheet.width > 4 * 96 && sheet.height > 7 * 96)
      let none = try Binary.run("dataset", "info", "sheet.png", in: folder)
      #expect(none.exitCode == 65)
    }
  }
}
