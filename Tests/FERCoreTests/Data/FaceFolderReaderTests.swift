import Foundation
import Testing

@testable import FERCore

/// Folders of files that hold one number; the decoder here makes a gray face of it.
@Suite struct FaceFolderReaderTests {
  private static let decoder: FaceDecoder = { url in
    let text = try String(contentsOf: url, encoding: .utf8)
    guard let value = UInt8(text) else { throw EmojifyError.badData("\(url.path): not an image") }
    return [UInt8](repeating: value, count: 2304)
  }

  private func read(
    _ files: [String: String], _ check: (URL, FaceDataset) throws -> Void
  ) throws {
    try withFolder(files) { folder in
      try check(folder, FaceDataset.load(from: folder, decoder: Self.decoder))
    }
  }

  private func withFolder(_ files: [String: String], _ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      for (path, text) in files {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      try body(folder)
    }
  }

  @Test func namesSaySplitLabelAndOrder() throws {
    try read([
      "train/happy/Training_10.jpg": "1", "train/angry/Training_9.PNG": "2",
      "train/angry/Training_10.jpeg": "3", "test/neutral/PublicTest_2.png": "4",
      "test/neutral/PrivateTest_1.png": "5", "test/fear/im7.png": "6",
      "validation/Sadness/a.png": "7", "val/surprise/b.png": "8", "train/disgust/c3.png": "9",
    ]) { folder, faces in
      #expect((0..<faces.count).map { faces.image($0)[0] } == [9, 2, 3, 1, 4, 7, 8, 5, 6])
      #expect(faces.labels == [1, 0, 0, 3, 6, 4, 5, 6, 2])
      #expect(
        faces.splits.map(\.name) == [
          "Training", "Training", "Training", "Training", "PublicTest", "PublicTest", "PublicTest",
          "PrivateTest", "PrivateTest",
        ])
      #expect(faces.classNames == Emotion.allCases.map(\.name))
      #expect(faces.source(of: 0) == folder.path + "/train/disgust/c3.png")
      #expect(faces.warnings.isEmpty)
    }
  }

  @Test func fewerEmotionsAreFewerClassesInFER2013sOrder() throws {
    try read(["neutral/a.png": "1", "happy/b.png": "2", "anger/c.png": "3", "notes.txt": ""]) {
      folder, faces in
      #expect(faces.classNames == ["angry", "happy", "neutral"])
      #expect(faces.classCounts() == [1, 1, 1])
      #expect(faces.splits == [.training, .training, .training])
      #expect(faces.warnings == ["\(folder.path): left out 1 entry without a face"])
    }
  }

  /// Opening a pipe would wait for whoever writes into it.
  @Test func whatIsCalledAnImageAndIsNoFileIsLeftOut() throws {
    try withFolder(["train/happy/a.png": "1", "train/sad/b.png": "2"]) { folder in
      #expect(mkfifo(folder.appendingPathComponent("train/sad/c.png").path, 0o600) == 0)
      let faces = try FaceDataset.load(from: folder, decoder: Self.decoder)
      #expect(faces.count == 2)
      #expect(faces.warnings == ["\(folder.path): left out 1 entry without a face"])
    }
  }

  @Test func ownClassesAreSortedAndMixturesRefused() throws {
    try read(["train/zoo/a.png": "1", "train/ant/b.png": "2"]) { _, faces in
      #expect(faces.classNames == ["ant", "zoo"])
    }
    try withFolder(["train/happy/a.png": "1", "train/hapy/b.png": "2"]) { folder in
      #expect(
        throws: EmojifyError.badData(
          "\(folder.path)/train/hapy: class folder 'hapy' is no emotion, "
            + "expected one of angry, disgust, fear, happy, sad, surprise, neutral, contempt")
      ) { try FaceFolderReader.read(folder, decoder: Self.decoder) }
    }
  }

  /// As FER+ and AffectNet have it.
  @Test func contemptIsTheEighthClass() throws {
    try read(["contempt/a.png": "1", "Happiness/b.png": "2", "angry/c.png": "3"]) { _, faces in
      #expect(faces.classNames == ["angry", "happy", "contempt"])
      #expect(faces.classCounts() == [1, 1, 1])
      let chosen = try? faces.ordered(classes: ["disdain", "anger"])
      #expect(chosen?.classNames == ["contempt", "angry"])
    }
    try read(["contempt/a.png": "1", "pride/b.png": "2"]) { _, faces in
      #expect(faces.classNames == ["contempt", "pride"])
    }
  }

  /// Nobody knows which split they are of.
  @Test func classesBesideTheSplitsAreNamed() throws {
    try read([
      "test/happy/a.png": "1", "test/sad/b.png": "2", "happy/c.png": "3", "sad/d.png": "4",
      "docs/e.txt": "",
    ]) { folder, faces in
      #expect(faces.count == 2)
      #expect(
        faces.warnings == [
          "\(folder.path): left out folders happy, sad, which have images but lie beside train, validation or test "
            + "and in none of them", "\(folder.path): left out 1 entry without a face",
        ])
    }
  }

  /// A file that is gone is not one that is damaged.
  @Test func whatCannotBeReadKeepsItsKind() throws {
    try withFolder(["train/happy/1.png": "1", "train/sad/2.png": "2"]) { folder in
      let gone = EmojifyError.missingInput("\(folder.path)/train/happy/1.png: no such file")
      #expect(throws: gone) {
        try FaceFolderReader.read(folder) { file in
          guard file.lastPathComponent != "1.png" else { throw gone }
          return try Self.decoder(file)
        }
      }
    }
  }

  @Test func unreadableImagesAndEmptyFoldersAreNamed() throws {
    try withFolder(["train/happy/1.png": "1", "train/happy/2.png": "x", "train/sad/3.png": ""]) {
      folder in
      #expect(
        throws: EmojifyError.badData(
          "\(folder.path)/train/happy/2.png: not an image (and 1 more unreadable image)")
      ) { try FaceFolderReader.read(folder, decoder: Self.decoder) }
    }
    try withTemporaryFolder { folder in
      #expect(
        throws: EmojifyError.badData(
          "\(folder.path): has no images, expected train/<class>/*.png (or .jpg) "
            + "and test/<class>/*.png")
      ) { try FaceFolderReader.read(folder, decoder: Self.decoder) }
      let lost = folder.appendingPathComponent("lost")
      #expect(throws: EmojifyError.missingInput("\(lost.path): no such file or folder")) {
        try FaceDataset.load(from: lost, decoder: Self.decoder)
      }
    }
  }
}
