import Foundation
import Testing

@testable import FERCore

/// What cleaning finds, and lists of it on their way through a file.
@Suite struct SkipListTests {
  /// Faces of 4 x 4, each a picture of its own by number; 0 is flat. Lines begin at 2, as in a table.
  private func faces(_ pictures: [UInt8], labels: [UInt8], splits: String) -> FaceDataset {
    let pixels: [UInt8] = pictures.flatMap { picture in
      (0..<16).map { UInt8(picture == 0 ? 0 : ($0 * 37 + Int(picture) * 11) % 256) }
    }
    return FaceDataset(
      side: 4, pixels: pixels, labels: labels,
      splits: splits.map { $0 == "t" ? .training : $0 == "p" ? .publicTest : .privateTest },
      classNames: Emotion.allCases.map(\.name),
      origin: .lines(file: "faces.csv", numbers: pictures.indices.map { Int32($0 + 2) }))
  }

  private var example: FaceDataset {
    // Places:  0  1  2  3  4  5  6  7  8  9 10 11
    faces(
      [0, 1, 1, 2, 3, 2, 3, 1, 4, 0, 5, 5], labels: [0, 0, 0, 1, 2, 1, 2, 0, 3, 4, 5, 6],
      splits: "tttttpttvptt")
  }

  @Test func eachReasonFindsItsOwn() {
    func found(_ reasons: Set<SkipReason>) -> [String] {
      example.imagesToSkip(for: reasons).map { "\($0.index) \($0.kind): \($0.reason)" }
    }
    #expect(found([.blank]) == ["0 blank: blank"])
    #expect(
      found([.leak]) == [
        "0 leak: also in PublicTest: line 11", "3 leak: also in PublicTest: line 7",
      ])
    #expect(
      found([.conflict]) == [
        "10 conflict: surprise here, neutral in line 13",
        "11 conflict: neutral here, surprise in line 12",
      ])
    #expect(
      found([.copy]) == [
        "2 copy: copy of line 3", "6 copy: copy of line 6", "7 copy: copy of line 3",
        "11 copy: copy of line 12",
      ])
    #expect(
      found(Set(SkipReason.allCases)) == [
        "0 blank: blank", "2 copy: copy of line 3", "3 leak: also in PublicTest: line 7",
        "6 copy: copy of line 6", "7 copy: copy of line 3",
        "10 conflict: surprise here, neutral in line 13",
        "11 conflict: neutral here, surprise in line 12",
      ])
    #expect(found([]) == [])
  }

  @Test func aCleanedDataSetHasNothingLeftToClean() {
    let rest = example.removing(example.imagesToSkip(for: Set(SkipReason.allCases)).map(\.index))
    #expect(rest.kept == [1, 4, 5, 8, 9])
    #expect(rest.dataset.imagesToSkip(for: Set(SkipReason.allCases)) == [])
    #expect(rest.dataset.reference(of: 3) == "10")
  }

  @Test func aListComesBackFromItsFile() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("skip.txt")
      try SkipList(example.imagesToSkip(for: [.copy]), of: example).write(to: file)
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(
        text == """
          # emojify skip list
          # data \(example.fingerprint), 12 images
          4\t# copy of line 3
          8\t# copy of line 6
          9\t# copy of line 3
          13\t# copy of line 12

          """)
      let list = try SkipList(reading: file)
      #expect(try list.indices(in: example, source: "faces.csv") == [2, 6, 7, 11])
      // Edited by hand: remarks, blank lines, an image twice, Windows' line ends.
      let edited = text + "\n# mine\n 4 \n12\n"
      try Data(edited.replacing("\n", with: "\r\n").utf8).write(to: file)
      #expect(
        try SkipList(reading: file).indices(in: example, source: "x") == [2, 6, 7, 10, 11])
    }
  }

  /// Else what follows a line break in another file's name would be an image to leave out.
  @Test func aRemarkStaysOnItsLine() throws {
    try withTemporaryFolder { folder in
      let image = SkippedImage(index: 2, kind: .copy, reason: "copy of a\n13\tb")
      let file = folder.appendingPathComponent("skip.txt")
      try SkipList([image], of: example).write(to: file)
      #expect(try SkipList(reading: file).indices(in: example, source: "faces.csv") == [2])
    }
  }

  private func fault(_ text: String, for dataset: FaceDataset) throws -> String {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("skip.txt")
      try Data(text.utf8).write(to: file)
      do {
        _ = try SkipList(reading: file).indices(in: dataset, source: "faces.csv")
        return "no error"
      } catch EmojifyError.badData(let message) {
        return message.components(separatedBy: "/").last ?? message
      }
    }
  }

  @Test func whatIsNoListOrForOtherDataIsRefused() throws {
    let head = "# emojify skip list\n# data \(example.fingerprint), 12 images\n"
    #expect(
      try fault(head + "3\n999\n", for: example)
        == "skip.txt:4: names '999', which is no image of faces.csv")
    #expect(
      try fault(head + "1\n", for: example)
        == "skip.txt:3: names '1', which is no image of faces.csv")
    let (other, _) = example.removing([11])
    #expect(
      try fault(head, for: other)
        == "skip.txt: was made for other data: 12 images with the fingerprint \(example.fingerprint), "
        + "faces.csv has 11 with \(other.fingerprint)")
    #expect(
      try fault("emotion,pixels,Usage\n", for: example)
        == "skip.txt:1: is not a skip list, which begins with '# emojify skip list'; "
        + "'emojify dataset clean' makes one")
    #expect(
      try fault("# emojify skip list\n4\n", for: example)
        == "skip.txt:2: does not say which data the list is for, "
        + "expected '# data FINGERPRINT, COUNT images'")
    #expect(
      try fault("# emojify skip list\u{0}", for: example)
        == "skip.txt: is not a skip list: it is not a text")
    #expect(try fault("", for: example).hasPrefix("skip.txt:1: is not a skip list"))
  }

  @Test func theFingerprintFollowsPixelsLabelsSplitsAndOrder() {
    let base = example
    let others = [
      base.reordered([1, 0] + Array(2..<12)), base.removing([0]).dataset,
      faces(
        [0, 1, 1, 2, 3, 2, 3, 1, 4, 0, 5, 5], labels: [0, 0, 0, 1, 2, 1, 2, 0, 3, 4, 6, 5],
        splits: "tttttpttvptt"),
      faces(
        [0, 1, 1, 2, 3, 2, 3, 1, 4, 0, 5, 5], labels: [0, 0, 0, 1, 2, 1, 2, 0, 3, 4, 5, 6],
        splits: "tttttpttptvt"),
    ]
    #expect(Set((others + [base]).map(\.fingerprint)).count == 5)
    #expect(base.fingerprint == example.fingerprint && base.fingerprint.count == 16)
  }

  @Test func aSampleIsSeededAndOfItsSplit() {
    let faces = DrawnFaces.draw(count: 210, seed: 1)
    let sample = faces.sample(of: .training, perClass: 5, seed: 3)
    #expect(sample.count == 7 && sample.allSatisfy { $0.count == 5 && $0 == $0.sorted() })
    for (label, images) in sample.enumerated() {
      #expect(images.allSatisfy { faces.labels[$0] == label && faces.splits[$0] == .training })
      #expect(Set(images).count == 5)
    }
    #expect(faces.sample(of: .training, perClass: 5, seed: 3) == sample)
    #expect(faces.sample(of: .training, perClass: 5, seed: 4) != sample)
    #expect(faces.sample(perClass: 100, seed: 1).map(\.count) == [Int](repeating: 30, count: 7))
  }
}
