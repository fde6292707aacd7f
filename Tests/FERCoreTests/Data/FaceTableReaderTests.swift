import Foundation
import Testing

@testable import FERCore

/// Tables are written by hand here, with 2 x 2 faces where the size does not matter.
@Suite struct FaceTableReaderTests {
  /// Reads `text` as a table of that name; chunks of a few bytes put a boundary at every place.
  private func read(
    _ text: String, name: String = "faces.csv", side: Int = 2, chunkSize: Int = 4 << 20
  ) throws -> FaceDataset {
    try read(Data(text.utf8), name: name, side: side, chunkSize: chunkSize)
  }

  private func read(
    _ data: Data, name: String = "faces.csv", side: Int = 2, chunkSize: Int = 4 << 20
  ) throws -> FaceDataset {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent(name)
      try data.write(to: file)
      return try FaceTableReader.read(file, side: side, chunkSize: chunkSize)
    }
  }

  /// The message of the error, without the temporary folder.
  private func fault(
    _ data: Data, name: String = "faces.csv", side: Int = 2, chunkSize: Int = 4 << 20
  ) -> String {
    do {
      _ = try read(data, name: name, side: side, chunkSize: chunkSize)
      return "no error"
    } catch EmojifyError.badData(let message) {
      return message.components(separatedBy: "/").last ?? message
    } catch {
      return "another error: \(error)"
    }
  }

  private func fault(_ text: String, side: Int = 2, chunkSize: Int = 4 << 20) -> String {
    fault(Data(text.utf8), side: side, chunkSize: chunkSize)
  }

  private func expectThree(_ faces: FaceDataset) {
    #expect(faces.count == 3 && faces.side == 2)
    #expect(faces.pixels == [70, 0, 255, 9, 1, 2, 3, 4, 10, 20, 100, 200])
    #expect(faces.labels == [0, 6, 3])
    #expect(faces.splits == [.training, .publicTest, .privateTest])
    #expect(
      faces.classNames == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"])
  }

  @Test(arguments: [1, 2, 7, 20, 33, 1000])
  func readsTheThreePublishedFormsAndTheirVariants(chunkSize: Int) throws {
    let forms = [
      "emotion,pixels,Usage\n0,70 0 255 9,Training\n6,1 2 3 4,PublicTest\n3,10 20 100 200,PrivateTest\n",
      "emotion, Usage, pixels\n0, Training,70 0 255 9\n6, PublicTest,1 2 3 4\n3,PrivateTest, 10 20 100 200\n",
      "emotion,pixels,Usage\r\n0,70 0 255 9,Training\r\n6,1 2 3 4,PublicTest\r\n3,10 20 100 200,PrivateTest\r\n",
      "\"emotion\",\"pixels\",\"Usage\"\n\"0\",\"70 0 255 9\",\"Training\"\n6,\"1 2 3 4\",PublicTest\n3,\"10 20 100 200\",PrivateTest",
      "\u{FEFF}emotion,pixels,Usage\n0,70 0 255 9,Training\n6,1 2 3 4,PublicTest\n3,10 20 100 200,PrivateTest\n\n \r\n\n",
      "Emotion,Pixels,USAGE\n\n0,070  0 255 9 ,Training\n\n6,\t1 2 3 4,PublicTest\n3,10 20 100 200,PrivateTest",
      ",emotion,note,pixels,Usage\n0,0,a b,70 0 255 9,Training\n1,6,,1 2 3 4,PublicTest\n2,3,\"x,y\",10 20 100 200,PrivateTest",
    ]
    for form in forms { expectThree(try read(form, chunkSize: chunkSize)) }
  }

  @Test func withoutUsageAllIsTraining() throws {
    let faces = try read("emotion,pixels\n0,70 0 255 9\n6,1 2 3 4")
    #expect(faces.splits == [.training, .training])
    #expect(faces.source(of: 1)?.hasSuffix("faces.csv:3") == true)
  }

  @Test func sourcesCountBlankLines() throws {
    let text = "emotion,pixels\n\n0,70 0 255 9\n\r\n\n6,1 2 3 4"
    for chunkSize in 1...20 {
      let faces = try read(text, chunkSize: chunkSize)
      #expect(faces.source(of: 0)?.hasSuffix("faces.csv:3") == true)
      #expect(faces.source(of: 1)?.hasSuffix("faces.csv:6") == true)
    }
  }

  @Test(arguments: [
    ("0,1 2 3,Training", "row has 3 pixels, expected 4 (2 x 2)"),
    ("0,1 2 3 4 5,Training", "row has 5 pixels, expected 4 (2 x 2)"),
    ("0,,Training", "row has 0 pixels, expected 4 (2 x 2)"),
    ("0,1 2 3 256,Training", "pixel 4 is '256', expected 0 to 255"),
    ("0,256 2 3 4,Training", "pixel 1 is '256', expected 0 to 255"),
    ("0,1 99999999999999999999 3 4,Training", "pixel 2 is '9999999999999999…', expected 0 to 255"),
    ("0,1 -2 3 4,Training", "pixel 2 is '-2', expected 0 to 255"),
    ("0,1 2.5 3 4,Training", "pixel 2 is '2.5', expected 0 to 255"),
    ("0,1 2 x7 4,Training", "pixel 3 is 'x7', expected 0 to 255"),
    ("0,1 2 3 4é,Training", "pixel 4 is '4\\xc3\\xa9', expected 0 to 255"),
    ("0,1 2 \u{0} 4,Training", "a NUL byte in pixel 3"),
    ("7,1 2 3 4,Training", "emotion is '7', expected 0 to 6"),
    ("-1,1 2 3 4,Training", "emotion is '-1', expected 0 to 6"),
    (",1 2 3 4,Training", "emotion is '', expected 0 to 6"),
    ("happy,1 2 3 4,Training", "emotion is 'happy', expected 0 to 6"),
    ("0,1 2 3 4,Test", "Usage is 'Test', expected Training, PublicTest or PrivateTest"),
    ("0,1 2 3 4,", "Usage is '', expected Training, PublicTest or PrivateTest"),
    ("0,1 2 3 4", "row has 2 fields, expected 3 (emotion,pixels,Usage)"),
    ("0,1 2 3 4,Training,", "row has 4 fields, expected 3 (emotion,pixels,Usage)"),
    ("0 1 2 3 4", "row has 1 field, expected 3 (emotion,pixels,Usage)"),
    ("0,\"1 2 3 4,Training", "a quote is not closed"),
    ("0,\"1 2\" 3 4,Training", "text after a closing quote, expected a comma"),
  ])
  func aBadRowIsNamedExactly(row: String, message: String) {
    let good = "1,1 2 3 4,Training\n"
    let header = "emotion,pixels,Usage\n"
    #expect(fault(header + good + good + row + "\n" + good) == "faces.csv:4: \(message)")
    #expect(fault(header + row) == "faces.csv:2: \(message)")
    // Bad rows behind it, in other chunks, do not hide it.
    let rest = good + "9,x,y\n" + good + "0\n"
    for chunkSize in [1, 10, 30, 80] {
      #expect(
        fault(header + good + row + "\n" + rest, chunkSize: chunkSize) == "faces.csv:3: \(message)")
    }
  }

  @Test func fullSizeRowsAreCounted() {
    let row = [String](repeating: "255", count: 2303).joined(separator: " ")
    let good = "0,\(row) 7,Training\n"
    let text = "emotion,pixels,Usage\n" + good + good + "0,\(row),Training\n" + good
    #expect(fault(text, side: 48) == "faces.csv:4: row has 2303 pixels, expected 2304 (48 x 48)")
  }

  @Test func aLongHeaderIsCutInMessages() {
    let header = "emotion,pixels,\u{1B}" + String(repeating: "x", count: 5000)
    let message = fault(header + "\n0,1 2 3 4\n")
    #expect(
      message.hasPrefix("faces.csv:2: row has 2 fields, expected 3 (emotion,pixels,\\x1bx"))
    #expect(message.count < 200)
  }

  @Test func whatIsNoTableIsRefused() {
    let expected = "expected a table with the columns emotion, pixels and Usage"
    #expect(fault("") == "faces.csv: is empty, \(expected)")
    #expect(fault("emotion,pixels,Usage\n\n") == "faces.csv: has a header and no rows")
    #expect(
      fault(Data([0xFF, 0xD8, 0xFF, 0xE0, 0, 1])) == "faces.csv: is a JPEG picture, \(expected)")
    #expect(
      fault(Data([0x50, 0x4B, 3, 4]))
        == "faces.csv: is a ZIP archive (unpack it first), \(expected)")
    #expect(
      fault("0,70 80 82 72,Training\n")
        == "faces.csv:1: header is '0,70 80 82 72,Training', "
        + "expected the columns emotion, pixels and Usage")
    #expect(
      fault("emotion,emotion,pixels\n1,1,1 2 3 4")
        == "faces.csv:1: header names 'emotion' twice")
    #expect(fault(Data(count: 1 << 20)).hasPrefix("faces.csv:1: header is '\\x00\\x00"))
  }

  @Test func foldersAndMissingFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      #expect(
        throws: EmojifyError.missingInput("\(folder.path): is a folder, expected a file")
      ) { try FaceTableReader.read(folder) }
      let lost = folder.appendingPathComponent("lost.csv")
      #expect(
        throws: EmojifyError.missingInput("\(lost.path): cannot read: No such file or directory")
      ) { try FaceTableReader.read(lost) }
    }
  }

  /// A sparse file of 256 MB that is one line: refused with a message, no memory for its pixels.
  @Test func anEndlessLineIsRefused() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("faces.csv")
      try Data("emotion,pixels,Usage\n0,1 2 3 4 5".utf8).write(to: file)
      #expect(truncate(file.path, 256 << 20) == 0)
      #expect(
        throws: EmojifyError.badData(
          "\(file.path):2: line has more than 1048576 bytes, expected a label and pixels")
      ) {
        try FaceTableReader.read(file)
      }
    }
  }

  @Test func manyShortLinesGetNoMemory() {
    let lines = "emotion,pixels,Usage\n" + String(repeating: "1\n", count: 500_000)
    #expect(fault(lines, side: 48).hasPrefix("faces.csv:2: row has 1 field"))
  }

  /// The fast pixel reader against the plain one, over every length of number at every place.
  @Test func fastAndPlainPixelReadersAgree() throws {
    var random = SeededRandom(seed: 1)
    let tokens = ["0", "7", "42", "99", "100", "199", "254", "255", "256", "999", "x", "-1", "007"]
    for round in 0..<3000 {
      let clean = round % 2 == 0
      var text = ""
      for index in 0..<16 {
        if index > 0 { text += clean || random.integer(below: 40) > 0 ? " " : "  " }
        let token =
          clean || random.integer(below: 20) > 0
          ? String(random.integer(below: 256)) : tokens[random.integer(below: tokens.count)]
        text += token
      }
      var fast = [UInt8](repeating: 0, count: 16)
      var plain = fast
      let bytes = Array(text.utf8)
      let isFast = bytes.withUnsafeBytes { text in
        fast.withUnsafeMutableBufferPointer { target in
          PixelText.parseFast(text, count: 16, into: target.baseAddress!)
        }
      }
      let isGood = bytes.withUnsafeBytes { text in
        plain.withUnsafeMutableBufferPointer { target in
          (try? PixelText.parse(text, side: 4, into: target.baseAddress!)) != nil
        }
      }
      let expected = text.split(separator: " ").map { Int($0) ?? -1 }
      let isRight = expected.allSatisfy { 0...255 ~= $0 }
      #expect(isGood == isRight, "\(text)")
      if clean { #expect(isFast, "\(text)") }
      if isFast { #expect(isGood && fast == plain, "\(text)") }
      if isGood { #expect(plain.map(Int.init) == expected, "\(text)") }
    }
  }
}
