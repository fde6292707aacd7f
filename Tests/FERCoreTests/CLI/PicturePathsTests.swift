import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct PicturePathsTests {
  private func names(_ images: [String], output: String?) throws -> [String] {
    let plan = try PicturePaths.plan(images, output: output)
    return images.compactMap { plan[$0]?.relativePath }
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
      let plan = try PicturePaths.plan(["a.jpg", "b.jpg"], output: target.path)
      #expect(plan["b.jpg"]?.path == target.appendingPathComponent("b-emojify.png").path)
      #expect(FileManager.default.fileExists(atPath: target.path))
    }
  }

  @Test func oneFileCannotHoldTwoPictures() {
    #expect(throws: EmojifyError.usage("--output x.png is one file for 2 images: name a folder")) {
      try PicturePaths.plan(["a.jpg", "b.jpg"], output: "x.png")
    }
  }

  @Test func anOriginalIsNeverReplaced() {
    #expect(throws: EmojifyError.usage("a.png would be replaced by its annotated copy")) {
      try PicturePaths.plan(["a.png"], output: "./a.png")
    }
  }

  @Test func foldersStandForTheirImages() throws {
    try withTemporaryFolder { folder in
      for name in ["b.PNG", "a.jpg", "notes.txt", ".hidden.png"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      #expect(
        try ImagePaths.expand([folder.path, "z.jpg", "z.jpg"])
          == [folder.path + "/a.jpg", folder.path + "/b.PNG", "z.jpg"])
    }
  }

  @Test func aFolderWithoutImagesIsMissingInput() throws {
    try withTemporaryFolder { folder in
      let error = EmojifyError.missingInput("\(folder.path): there are no images in this folder")
      #expect(throws: error) { try ImagePaths.expand([folder.path]) }
    }
  }
}
