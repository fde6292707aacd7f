import Foundation
import Testing

@testable import EmojifyCLI

/// `predict` among other programs: lists in, streams out.
@Suite struct PredictPipeTests {
  private static let people = ["happy", "sad", "surprise", "angry", "neutral", "fear"]

  /// `0.png` … `5.png`, a person each, drawn once.
  private static let pictures: Result<URL, any Error> = Result {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("emojify-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (index, emotion) in people.enumerated() {
      let run = try Binary.run(
        "dataset", "portrait", "\(index).png", "--emotions", emotion, "--side", "160", in: folder)
      try #require(run.exitCode == 0, "\(run.errors)")
    }
    return folder
  }

  private func objects(_ lines: String) throws -> [[String: Any]] {
    try lines.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func anImageOnStandardInputIsAnsweredLikeItsFile() throws {
    let folder = try Self.pictures.get()
    let file = folder.appendingPathComponent("0.png")
    let named = try Binary.run("predict", "0.png", "--jsonl", in: folder)
    let piped = try Binary.run(
      "predict", "-", "--jsonl", "--output", "labelled/", in: folder,
      input: try FileHandle(forReadingFrom: file))
    #expect(named.exitCode == 0 && piped.exitCode == 0)
    #expect(piped.output.replacing("\"-\"", with: "\"0.png\"") == named.output)
    #expect(piped.errors.hasSuffix("\nwrote labelled/stdin-emojify.png\n"))
    let copy = folder.appendingPathComponent("labelled/stdin-emojify.png")
    #expect(FileManager.default.fileExists(atPath: copy.path))
    let empty = try Binary.run("predict", "-", in: folder)
    #expect(empty.exitCode == 65)
    #expect(empty.errors.hasSuffix("\nemojify: -: empty file, expected an image\n"))
  }

  /// As of a shell's `<(…)`; on more threads than there are cores, of which OpenCV's library of threads must not complain.
  @Test func anImageFromAPipeIsReadOnce() throws {
    let folder = try Self.pictures.get()
    let run = try Binary.run(
      [
        "-c",
        "rm -f pipe; mkfifo pipe; cat 0.png > pipe & "
          + "\"$0\" predict pipe --model fast --jsonl -o pipe.png --quiet --threads 200",
        Binary.path,
      ], in: folder, program: "/bin/sh")
    #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(try objects(run.output).first?["width"] as? Int == 160)
    let copy = folder.appendingPathComponent("pipe.png")
    #expect(FileManager.default.fileExists(atPath: copy.path))
  }

  @Test func aListIsAnsweredInItsOrderAndABadImageDoesNotStopIt() throws {
    let folder = try Self.pictures.get()
    let list = folder.appendingPathComponent("list.txt")
    try Data("3.png\nlist.txt\ngone.png\n1.png\n3.png\n".utf8).write(to: list)
    let run = try Binary.run(
      "predict", "0.png", "--files-from", "-", "--jsonl", in: folder,
      input: try FileHandle(forReadingFrom: list))
    #expect(run.exitCode == 65, "that of the first fault")
    let images = try objects(run.output)
    #expect(
      images.map { $0["image"] as? String }
        == ["0.png", "3.png", "list.txt", "gone.png", "1.png", "3.png"])
    #expect(images.map { $0["error"] is String } == [false, false, true, true, false, false])
    #expect(run.errors.contains("emojify: list.txt: not an image"))
    #expect(run.errors.hasSuffix("emojify: gone.png: no such file\n"))
  }

  /// Another program writes the list and waits for each answer.
  @Test(.timeLimit(.minutes(1))) func answersComeBeforeTheListEnds() throws {
    let folder = try Self.pictures.get()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Binary.path)
    process.arguments = ["predict", "--files-from", "-", "--jsonl", "--no-detect", "--quiet"]
    process.currentDirectoryURL = folder
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    for name in ["0.png", "1.png"] {
      try input.fileHandleForWriting.write(contentsOf: Data("\(name)\n".utf8))
      var line = Data()
      while line.last != 0x0A { line += output.fileHandleForReading.availableData }
      #expect(try objects(String(decoding: line, as: UTF8.self)).first?["image"] as? String == name)
    }
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func everyFormSaysTheSameOnAnyNumberOfThreads() throws {
    let folder = try Self.pictures.get()
    let lines = try Binary.run("predict", "?.png", "--jsonl", "--threads", "1", in: folder)
    #expect(
      try Binary.run("predict", "?.png", "--jsonl", "--threads", "3", in: folder).output
        == lines.output)
    let array = try Binary.run("predict", "?.png", "--json", in: folder)
    let values = try array.json([[String: Any]].self)
    let expected = try objects(lines.output)
    #expect(values.count == 6 && NSArray(array: values) == NSArray(array: expected))

    let table = try Binary.run("predict", "?.png", "--csv", in: folder)
    let rows = table.output.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    #expect(rows[0].prefix(8).joined(separator: " ") == "image face x y width height emotion score")
    let faces = expected.flatMap { image in
      (image["faces"] as? [[String: Any]] ?? []).map { (image["image"] as? String, $0) }
    }
    #expect(faces.count > 3 && rows.count == faces.count + 1)
    for (row, (image, face)) in zip(rows.dropFirst(), faces) {
      #expect(row[0] == image && row[6] == face["emotion"] as? String)
      let box: [Int] = row[2..<6].compactMap { Int($0) }
      #expect(box == face["box"] as? [Int])
      let emotions = try #require(face["emotions"] as? [String: Double])
      for (name, score) in zip(rows[0][8...], row[8...]) {
        #expect(abs(try #require(emotions[name]) - (Double(score) ?? -1)) < 1.5e-6)
      }
    }
  }

  @Test func memoryDoesNotGrowWithTheNumberOfImages() throws {
    let folder = try Self.pictures.get()
    func peak(_ count: Int) throws -> Double {
      let list = folder.appendingPathComponent("list-\(count)")
      let names = (0..<count).map { "\($0 % 6).png" }
      try Data(names.joined(separator: "\n").utf8).write(to: list)
      let run = try Binary.run(
        "predict", "--no-detect", "--files-from", list.path, "--jsonl", "--verbose", in: folder)
      #expect(run.output.split(separator: "\n").count == count)
      let text = try #require(run.errors.firstMatch(of: /peak memory (\d+) MB/)?.1)
      return try #require(Double(text))
    }
    // 2,000 pictures of 160 x 160 pixels would be 150 MB.
    let (few, many) = (try peak(200), try peak(2000))
    #expect(many < few + 15, "\(few) MB for 200 images, \(many) MB for 2,000")
  }

  @Test func verboseSaysWhereThingsComeFromAndQuietNothing() throws {
    let folder = try Self.pictures.get()
    let verbose = try Binary.run("predict", "0.png", "--verbose", in: folder)
    for word in [
      "emojify \(AllCommands.version), predict\n", "best.h5", "HDF5 1.", "OpenCV 4.",
      "haarcascade", "\nthreads: ", "\n1 image, 1 face: finding faces ", "\ntook ",
    ] {
      #expect(verbose.errors.contains(word), "\(word)")
    }
    let quiet = try Binary.run("predict", "0.png", "--quiet", in: folder)
    #expect(quiet.errors.isEmpty && quiet.output == verbose.output)
  }

  @Test(arguments: [
    ([], "predict needs PATHS or --files-from: images to look at; see 'emojify predict --help'"),
    (
      ["-", "--files-from", "-"],
      "- and --files-from - both want standard input: it is an image or a list"
    ),
    (["a", "--jsonl", "--csv"], "--jsonl and --csv exclude each other"),
    (["a", "-q", "-v"], "--quiet and --verbose exclude each other"),
    (["--files-from", "l", "--output", "x.png"], nil),
  ])
  func wrongUseIsOneLineAndExit64(words: [String], message: String?) throws {
    let list = try Self.pictures.get().appendingPathComponent("l")
    try Data().write(to: list)
    let run = try Binary.run(["predict"] + words, in: list.deletingLastPathComponent())
    #expect(run.exitCode == 64 && run.output.isEmpty)
    #expect(
      run.errors == "emojify: "
        + (message ?? "--output x.png is one file for a list of images: name a folder") + "\n")
  }
}
