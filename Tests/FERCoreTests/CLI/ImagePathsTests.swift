import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct ImagePathsTests {
  /// Empty files, with the folders they need.
  private func make(_ names: [String], in folder: URL) throws {
    for name in names {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
    }
  }

  @Test func foldersStandForTheirImages() throws {
    try withTemporaryFolder { folder in
      try make(["b.PNG", "a.jpg", "notes.txt", ".hidden.png", "png"], in: folder)
      #expect(
        try ImagePaths.expand([folder.path, "z.jpg", "z.jpg"])
          == [folder.path + "/a.jpg", folder.path + "/b.PNG", "z.jpg"])
    }
  }

  /// What `predict --emoji` wrote into the folder is no photo the next time; what is only called so is one.
  @Test func annotatedCopiesInAFolderArePassedOver() throws {
    try withTemporaryFolder { folder in
      try make(
        ["a.jpg", "a-emojify.png", "b-emojify.png", "notes.txt", "notes-emojify.png"], in: folder)
      let path = folder.path
      #expect(
        try ImagePaths.expand([path])
          == ["a.jpg", "b-emojify.png", "notes-emojify.png"].map { "\(path)/\($0)" })
      #expect(
        try ImagePaths.expand([path + "/a-emojify.png"]) == [path + "/a-emojify.png"])
    }
  }

  @Test func aFolderWithoutImagesIsMissingInput() throws {
    try withTemporaryFolder { folder in
      let error = EmojifyError.missingInput(
        "\(folder.path): there are no images in this folder; --recursive looks into its sub-folders"
      )
      #expect(throws: error) { try ImagePaths.expand([folder.path]) }
    }
  }

  @Test func recursionGoesIntoFoldersInOrderOfNamesAndNotRoundInCircles() throws {
    try withTemporaryFolder { folder in
      try make(
        ["b.jpg", "a/2.png", "a/1.png", "a/deep/3.webp", ".git/4.png", "c/x.txt"], in: folder)
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("a/up"), withDestinationURL: folder)
      #expect(
        try ImagePaths.expand([folder.path + "/"], recursive: true)
          == ["a/1.png", "a/2.png", "a/deep/3.webp", "b.jpg"].map { folder.path + "/" + $0 })
    }
  }

  @Test func aPatternTheShellLeftIsExpandedUnlessAFileIsCalledSo() throws {
    try withTemporaryFolder { folder in
      let path = folder.path
      try make(["b1.jpg", "a1.jpg", "a2.png", "[odd].jpg"], in: folder)
      #expect(try ImagePaths.expand([path + "/?1.jpg"]) == [path + "/a1.jpg", path + "/b1.jpg"])
      #expect(try ImagePaths.expand([path + "/[odd].jpg"]) == [path + "/[odd].jpg"])
      let error = EmojifyError.missingInput(
        "\(path)/*.bmp: no such file, and as a pattern it matches none")
      #expect(throws: error) { try ImagePaths.expand([path + "/*.bmp"]) }
    }
  }
}
