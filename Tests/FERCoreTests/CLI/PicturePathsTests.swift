import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct PicturePathsTests {
  private func targets(_ images: [String], output: String?) throws -> [URL] {
    var paths = try PicturePaths(output: output, imageCount: images.count)
    return try images.map { try paths.target(for: $0) }
  }

  private func names(_ images: [String], output: String?) throws -> [String] {
    try targets(images, output: output).map(\.relativePath)
  }

  @Test func copiesAreNamedAfterTheirOriginals() throws {
    #expect(try names(["album/a.jpg"], output: nil) == ["a-emojify.png"])
    #expect(try names(["a.jpg"], output: "out.jpg") == ["out.jpg"])
  }

  @Test func equalNamesFromTwoFoldersAreToldApart() throws {
    #expect(
      try names(["x/a.jpg", "y/a.png"], output: nil) == ["a-emojify.png", "a-2-emojify.png"])
  }

  @Test func aFolderIsMade() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("new/deep")
      let targets = try targets(["a.jpg", "b.jpg"], output: target.path)
      #expect(targets[1].path == target.appendingPathComponent("b-emojify.png").path)
      #expect(FileManager.default.fileExists(atPath: target.path))
      // Messages say which folder it is.
      #expect(targets[0].relativePath == target.path + "/a-emojify.png")
    }
  }

  @Test func oneFileCannotHoldTwoPictures() {
    #expect(throws: EmojifyError.usage("--output x.png is one file for 2 images: name a folder")) {
      try targets(["a.jpg", "b.jpg"], output: "x.png")
    }
    #expect(throws: EmojifyError.self) { try PicturePaths(output: "x.png", imageCount: nil) }
  }

  @Test func noOtherOriginalIsReplacedEither() throws {
    let images = ["a.png", "a-emojify.png"]
    var paths = try PicturePaths(output: nil, imageCount: 2, originals: images)
    #expect(
      throws: EmojifyError.usage(
        "a-emojify.png is to be read and would be replaced by the annotated copy of a.png")
    ) { try paths.target(for: "a.png") }
  }

  @Test func anOriginalIsNeverReplaced() {
    #expect(throws: EmojifyError.usage("a.png would be replaced by its annotated copy")) {
      try targets(["a.png"], output: "./a.png")
    }
  }
}
