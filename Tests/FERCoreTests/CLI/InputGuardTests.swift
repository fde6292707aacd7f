import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// Results do not take the place of what they are made from, nor of each other: the real binary, in a folder that must stay as it is.
@Suite struct InputGuardTests {
  struct Case: CustomTestStringConvertible {
    let words: String
    let says: String

    init(_ words: String, _ says: String) { (self.words, self.says) = (words, says) }

    var testDescription: String { words }
  }

  private static let read = "is to be read and would be replaced"

  static let cases = [
    Case("model convert m.h5 m.h5 --half", "m.h5 \(read)"),
    Case("model convert m.h5 faces/../m.h5", "m.h5 \(read)"),
    Case("model convert m.h5 link.h5", "link.h5 \(read)"),
    Case("model convert said.h5 said.h5", "said.h5 \(read)"),
    Case("model convert m.h5 layers.h5 --config layers.h5", "layers.h5 \(read)"),
    Case("model adopt m.h5 --labels fer --embed m.h5", "m.h5 \(read)"),
    Case("model adopt m.h5 --labels fer --embed photo.png", "photo.png: cannot write '.png'"),
    Case("video in.mp4 -o out.mp4 --timeline out.mp4", "out.mp4 is named for two results"),
    Case("video in.mp4 --timeline x.svg --plot x.svg", "x.svg is named for two results"),
    Case("video in.mp4 --timeline m.h5 --model m.h5", "m.h5 \(read)"),
    Case(
      "video in.mp4 --timeline notes.txt", "--timeline notes.txt: expected a name ending in .csv"),
    Case(
      "explain --data faces --index 0 --model m.h5 -o faces/train/happy/0.png",
      "faces/train/happy/0.png lies in faces"),
    Case("dataset sample faces faces/train/happy/0.png", "faces/train/happy/0.png lies in faces"),
    Case("dataset sample faces new.png", "new.png lies in faces"),
    Case("dataset portrait photo.png", "photo.png: is there already"),
  ]

  private static func write(to folder: URL) throws {
    let network = try NetworkBuilder.sequential(
      name: "small", inputShape: [48, 48, 1], seed: 1,
      [
        ("maps", Conv2D(filters: 2, kernelSize: 3)), (nil, GlobalAveragePooling2D()),
        (nil, Dense(units: 7, activation: .softmax)),
      ])
    let model = folder.appendingPathComponent("m.h5")
    try KerasFormat.write(
      network, metadata: ModelMetadata(labels: Emotion.allCases.map(\.name)), to: model)
    try FileManager.default.createSymbolicLink(
      atPath: folder.appendingPathComponent("link.h5").path, withDestinationPath: "m.h5")
    try FileManager.default.createSymbolicLink(
      atPath: folder.appendingPathComponent("new.png").path,
      withDestinationPath: "faces/train/happy/new.png")
    let png = HandmadePNG.data(
      width: 48, height: 48, .gray, pixels: (0..<48 * 48).map { UInt8(truncatingIfNeeded: $0) })
    for name in ["happy", "sad"] {
      let faces = folder.appendingPathComponent("faces/train/\(name)")
      try FileManager.default.createDirectory(at: faces, withIntermediateDirectories: true)
      for number in 0..<3 { try png.write(to: faces.appendingPathComponent("\(number).png")) }
    }
    try png.write(to: folder.appendingPathComponent("photo.png"))
    for name in ["in.mp4", "layers.h5", "notes.txt", "said.h5", "said.h5.json"] {
      try Data(name.utf8).write(to: folder.appendingPathComponent(name))
    }
  }

  private static func contents(of folder: URL) throws -> [String: Data] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    return Dictionary(
      uniqueKeysWithValues: names.compactMap { name in
        (try? Data(contentsOf: folder.appendingPathComponent(name))).map { (name, $0) }
      })
  }

  @Test(arguments: cases) func nothingIsReplaced(_ row: Case) throws {
    try withTemporaryFolder { folder in
      try Self.write(to: folder)
      let before = try Self.contents(of: folder)
      #expect(before.count == 14)
      let run = try Binary.run(row.words.split(separator: " ").map(String.init), in: folder)
      #expect(run.exitCode == 64 && run.output.isEmpty)
      #expect(run.errors.split(separator: "\n").count == 1)
      #expect(run.errors.contains(row.says), "\(run.errors)")
      #expect(try Self.contents(of: folder) == before)
    }
  }

  /// A list says what is read only bit by bit: what it has said so far is kept, in the same batch of images and in one before.
  @Test(arguments: [
    ["a.png", "a-emojify.png"], ["a-emojify.png", "b.png", "b.png", "b.png", "a.png"],
  ])
  func whatAListNamesIsNotReplaced(names: [String]) throws {
    try withTemporaryFolder { folder in
      for (name, emotion) in [("a", "happy"), ("a-emojify", "sad"), ("b", "fear")] {
        let drawn = try Binary.run(
          "dataset", "portrait", "\(name).png", "--emotions", emotion, "--side", "160", in: folder)
        try #require(drawn.exitCode == 0, "\(drawn.errors)")
      }
      let original = folder.appendingPathComponent("a-emojify.png")
      let before = try Data(contentsOf: original)
      let list = folder.appendingPathComponent("list")
      try Data(names.map { $0 + "\n" }.joined().utf8).write(to: list)
      let run = try Binary.run(
        "predict", "--files-from", "-", "--emoji", "--no-detect", "--csv", in: folder,
        input: try FileHandle(forReadingFrom: list))
      #expect(run.exitCode == 64)
      #expect(
        run.errors.contains(
          "a-emojify.png is to be read and would be replaced by the annotated copy of a.png"),
        "\(run.errors)")
      #expect(try Data(contentsOf: original) == before)
      #expect(run.errors.contains("wrote a-emojify-emojify.png\n"), "\(run.errors)")
    }
  }
}
