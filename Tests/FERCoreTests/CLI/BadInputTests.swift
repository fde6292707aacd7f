import Foundation
import Testing

/// What users do wrong costs one line: each row runs the real binary in an empty folder.
@Suite struct BadInputTests {
  struct Case: CustomTestStringConvertible {
    /// `@` stands for the folder of `BadInputs`.
    let words: String
    let exitCode: Int32
    /// Parts of the one line on stderr, without what stands before.
    let says: [String]

    init(_ words: String, _ exitCode: Int32, _ says: String...) {
      (self.words, self.exitCode, self.says) = (words, exitCode, says)
    }

    var testDescription: String { words }
  }

  static let tables = [
    Case("train @missing.csv", 66, "missing.csv: no such file or folder"),
    Case("train @empty.csv", 65, "empty.csv: is empty, expected a table"),
    Case("train @header.csv", 65, "header.csv: has a header and no rows"),
    Case("train @short.csv", 65, "short.csv:5: row has 2303 pixels, expected 2304 (48 x 48)"),
    Case("train @pixel256.csv", 65, "pixel256.csv:5: pixel 1 is '256', expected 0 to 255"),
    Case("train @negative.csv", 65, "negative.csv:5: pixel 1 is '-1', expected 0 to 255"),
    Case("train @letters.csv", 65, "letters.csv:5: pixel 1 is 'abc', expected 0 to 255"),
    Case("train @label7.csv", 65, "label7.csv:5: emotion is '7', expected 0 to 6"),
    Case("train @truncated.csv", 65, "truncated.csv:22: row has 2 fields, expected 3"),
    Case("train @nul.csv", 65, "nul.csv:5: a NUL byte in pixel 1"),
    Case("train @jpeg.csv", 65, "jpeg.csv: is a JPEG picture, expected a table"),
    Case("train @one.csv", 65, "one.csv: 1 Training images leave none to validate on"),
    Case(
      "train @oneclass.csv", 65, "oneclass.csv: all 9 Training images are 'happy', expected two"),
    Case("train @line.csv", 65, "line.csv:2: line has more than 1048576 bytes"),
    Case("train @nothing", 65, "nothing"),
    Case("dataset info @short.csv", 65, "short.csv:5:"),
    Case("eval --model @model.h5 --data @header.csv", 65, "header.csv: has a header and no rows"),
    Case(
      "eval --model @model.h5 --data @good.csv --split private", 65, "good.csv: has no PrivateTest"),
  ]

  static let models = ["predict @photo.jpg --no-detect --model", "eval --data @good.csv --model"]
    .flatMap { command in
      [
        Case("\(command) @missing.h5", 66, "missing.h5: no such file"),
        Case("\(command) @truncated.h5", 65, "truncated.h5: damaged or truncated HDF5 file"),
        Case(
          "\(command) @text.h5", 65, "text.h5: not an HDF5 file: it begins with 'These are words.'"),
        Case("\(command) @other.h5", 65, "other.h5: is HDF5 but no Keras model"),
        Case("\(command) @good.csv", 65, "good.csv: not an HDF5 file"),
        Case("\(command) @stray", 66, "stray"),
      ]
    }

  static let images = [
    Case("predict @missing.jpg", 66, "missing.jpg: no such file"),
    Case("predict @empty.jpg", 65, "empty.jpg: empty file, expected an image"),
    Case("predict @truncated.jpg", 65, "truncated.jpg: cannot be decoded as JPEG"),
    Case(
      "predict @huge.png", 65, "huge.png: 20000 x 20000 pixels, expected at most 200.0 megapixels"),
    Case("predict @a.gif", 65, "a.gif: not an image of a format emojify reads"),
    Case("predict @good.csv", 65, "good.csv: not an image of a format emojify reads"),
    Case("predict @nothing", 66, "nothing: there are no images in this folder"),
  ]

  static let usage = [
    Case("trian @good.csv", 64, "unknown command 'trian'; did you mean 'train'?"),
    Case("train @good.csv --epoch 3", 64, "unknown option '--epoch'; did you mean '--epochs'?"),
    Case("train @good.csv --epochs 0", 64, "--epochs 0 is out of range: expected 1 to 1000000"),
    Case("train @good.csv --epochs three", 64, "--epochs 'three' is not valid"),
    Case("train @good.csv --epochs", 64, "--epochs needs a value"),
    Case("train", 64, "train needs DATA"),
    Case("predict @photo.jpg --confusion", 64, "--confusion is not an option of 'predict' but of"),
    Case("eval --tta=1", 64, "--tta takes no value"),
    Case(
      "train @good.csv --output @stray", 64, "stray: is there already; a run needs a new folder"),
    Case(
      "train @good.csv --epochs 3 --architecture emojify --resolutions 24x1 --output run", 65,
      "is made for inputs of"),
    Case("train @good.csv --epochs 3 --resolutions 24x3", 64, "fewer together than the run's 3"),
    Case("train @good.csv --resolutions 24x1000000000000", 64, "fewer together than the run's 28"),
    Case(
      "train @good.csv --resolutions 96x1", 64, "resolution is 96, expected at most the images' 48"),
    Case("train @good.csv --teacher @missing.h5 --output run", 66, "missing.h5"),
    Case("train @good.csv --teacher @model.h5 --teacher @missing.h5", 66, "missing.h5"),
    Case("explain @photo.jpg --model @model.h5 --model @model.h5", 64, "explain asks one --model"),
    Case("train @good.csv --warmup-epochs 1e18", 64, "--warmup-epochs 1e18 is out of range"),
    Case("train @good.csv --epochs 9223372036854775807", 64, "is out of range"),
    Case("predict @photo.jpg --threads 70000", 64, "--threads 70000 is out of range"),
    Case("predict @photo.jpg --emoji-dir mine", 64, "--emoji-dir goes with --emoji"),
    Case("predict @photo.jpg --top 2 --json", 64, "--top is for text: --json lists every class"),
    Case("predict @photo.jpg --no-detect --min-face 9", 64, "exclude each other"),
    Case("predict @photo.jpg --output out.gif", 64, "out.gif: cannot write '.gif'"),
    Case(
      "explain @photo.jpg --output @photo.jpg", 64, "photo.jpg is to be read and would be replaced"),
    Case("explain --data @good.csv --index 1 --no-detect", 64, "--no-detect goes with a PHOTO"),
    Case(
      "video @talk.mp4 --emoji --output @talk.mp4", 64,
      "talk.mp4 is to be read and would be replaced"),
    Case(
      "video @talk.mp4 --timeline @talk.mp4", 64, "talk.mp4 is to be read and would be replaced"),
    Case(
      "video @talk.mp4 --min-face 9223372036854775807", 64, "--min-face 9223372036854775807 is out"),
    Case("dataset portrait three.gif", 64, "three.gif: cannot write '.gif'"),
    Case("serve --token schlüssel", 64, "a letter that is not ASCII"),
    Case("predict @photo.jpg --no-detect --model @nan.h5", 65, "its answer is no probabilities"),
    Case("serve --port 0 --model @nan.h5", 65, "its answer is no probabilities"),
    Case("dataset draw @good.csv --count 7", 64, "good.csv: is there already; it stays as it is"),
    Case("dataset draw gone/faces.csv --count 7", 66, "gone/faces.csv: cannot write: No such file"),
    Case("predict @photo.jpg --output gone/out.png", 66, "gone/out.png: there is no folder gone"),
    Case(
      "eval --model @model.h5 --data @good.csv --report a/b/c.html", 66,
      "a/b/c.html: there is no folder a/b"),
    Case("predict --files-from @photo.jpg --model @model.h5", 65, "photo.jpg: holds a zero byte"),
    Case("model adopt fast --labels alphabetical", 64, "fast comes with emojify and says itself"),
    Case("train --resume @stray", 66, "stray: is not the folder of a run"),
    Case(
      "explain @photo.jpg --no-detect --model @nan.h5", 65, "nan.h5: its answer is no probabilities"
    ),
    Case(
      "model adopt @model.h5", 64, "needs --input-range, --labels, --color, --output or --embed"),
    Case("train @stray --init-weights @model.h5 --replace-head --labels fer", 64, "--labels names"),
    Case(
      "train @good.csv --augment none --affine 0.5", 64, "--affine goes with --rotation, --zoom"),
  ]

  @Test(arguments: tables + models + images + usage)
  func oneLineAndNothingLeft(_ row: Case) throws {
    let inputs = try BadInputs.folder.get().path
    try withTemporaryFolder { folder in
      let words = row.words.split(separator: " ").map {
        String($0).replacing("@", with: inputs + "/")
      }
      let run = try Binary.run(words + ["--quiet"], in: folder)
      #expect(run.exitCode == row.exitCode, "\(run.errors)")
      #expect(run.output.isEmpty)
      let lines = run.errors.split(separator: "\n")
      #expect(lines.count == 1 && run.errors.hasPrefix("emojify: "), "\(run.errors)")
      for part in row.says { #expect(run.errors.contains(part), "\(run.errors)") }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left.filter { $0 != "runs" } == [])
      if left == ["runs"] {
        let runs = folder.appendingPathComponent("runs").path
        #expect(try FileManager.default.contentsOfDirectory(atPath: runs) == [])
      }
    }
  }

  /// A line of two gigabytes is given up after a megabyte: the program has one gigabyte for its data here.
  @Test func aLineWithoutEndIsNotReadThrough() throws {
    let file = try BadInputs.folder.get().appendingPathComponent("line.csv").path
    try withTemporaryFolder { folder in
      let run = try Binary.run(
        ["-c", "ulimit -d 1048576 && exec \"$0\" \"$@\"", Binary.path, "train", file, "--quiet"],
        in: folder, program: "/bin/sh")
      #expect(run.exitCode == 65, "\(run.errors)")
      #expect(run.errors.hasPrefix("emojify: \(file)"), "\(run.errors)")
    }
  }

  @Test func whatLooksWrongAndIsNotWorks() throws {
    let inputs = try BadInputs.folder.get().path
    try withTemporaryFolder { folder in
      let webp = try Binary.run(
        "predict", "\(inputs)/webp.jpg", "--no-detect", "--model", "\(inputs)/model.h5", in: folder)
      #expect(webp.exitCode == 0 && webp.output.contains("1 face"), "\(webp.errors)")
      let stray = try Binary.run(
        "train", "\(inputs)/stray", "--epochs", "1", "--output", "stray", in: folder)
      #expect(stray.exitCode == 0 && stray.errors.contains("left out"), "\(stray.errors)")
      let missing = try Binary.run(
        "train", "\(inputs)/noclass.csv", "--epochs", "1", "--output", "noclass", in: folder)
      #expect(missing.exitCode == 0)
      #expect(missing.errors.contains("no Training image is neutral"), "\(missing.errors)")
    }
  }

  @Test func aReaderThatLeavesEndsTheProgramQuietly() throws {
    let inputs = try BadInputs.folder.get().path
    try withTemporaryFolder { folder in
      let line =
        "set -o pipefail; \"$0\" train '\(inputs)/good.csv' --epochs 1 -o run 2>errors | true"
      let run = try Binary.run(["-c", line, Binary.path], in: folder, program: "/bin/bash")
      // 141: ended by SIGPIPE, where the reader was gone before the first result.
      #expect([0, 141].contains(run.exitCode))
      let errors = try String(contentsOf: folder.appendingPathComponent("errors"), encoding: .utf8)
      #expect(!errors.contains("emojify:") && !errors.contains("Fatal"), "\(errors)")
      #expect(
        FileManager.default.fileExists(atPath: folder.appendingPathComponent("run/best.h5").path))
    }
  }

  @Test func aSecondRunInTheSameFolderIsRefused() throws {
    let inputs = try BadInputs.folder.get().path
    try withTemporaryFolder { folder in
      let first = try Binary.start(
        ["train", "\(inputs)/good.csv", "--epochs", "100000", "--output", "run"], in: folder)
      defer { kill(first.processIdentifier, SIGKILL) }
      let recipe = folder.appendingPathComponent("run/config.json").path
      while first.isRunning, !FileManager.default.fileExists(atPath: recipe) { usleep(2000) }
      let second = try Binary.run("train", "--resume", "run", "--quiet", in: folder)
      #expect(second.exitCode == 66)
      #expect(second.errors == "emojify: run: another process is training there\n")
      // The tests' threads block signals, which their children inherit.
      first.terminate()
      first.waitUntilExit()
      #expect(first.terminationReason == .uncaughtSignal && first.terminationStatus == SIGTERM)
    }
  }

  /// Root may write anywhere, so the program is run as nobody; who is not root is refused as they are.
  @Test func aFolderThatMayNotBeWrittenIsSaid() throws {
    try withTemporaryFolder { folder in
      let closed = folder.appendingPathComponent("closed")
      try FileManager.default.createDirectory(at: closed, withIntermediateDirectories: false)
      let program = folder.appendingPathComponent("emojify")
      try FileManager.default.copyItem(atPath: Binary.path, toPath: program.path)
      for url in [folder, program] {
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: closed.path)
      let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", program.path]
      let words = ["dataset", "draw", "closed/faces.csv", "--count", "7"]
      let run =
        getuid() == 0
        ? try Binary.run(nobody + words, in: folder, program: "/usr/bin/setpriv")
        : try Binary.run(words, in: folder)
      #expect(run.exitCode == 66)
      #expect(run.errors == "emojify: closed/faces.csv: cannot write: Permission denied\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: closed.path) == [])
    }
  }

  /// Sizes at which the model, then the checkpoint, do not fit any more.
  @Test(arguments: [1, 5, 8]) func aFullDiskEndsTrainingInOneLine(megabytes: Int) throws {
    let inputs = try BadInputs.folder.get().path
    try withTemporaryFolder { folder in
      let disk = folder.appendingPathComponent("disk")
      try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: false)
      let mount = try? Binary.run(
        ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", disk.path], program: "/usr/bin/mount")
      guard mount?.exitCode == 0 else {
        print("skipped: a small disk can only be mounted by root")
        return
      }
      defer { _ = try? Binary.run([disk.path], program: "/usr/bin/umount") }
      let run = try Binary.run(
        "train", "\(inputs)/good.csv", "--epochs", "2", "--output", "disk/run", "--quiet",
        in: folder)
      #expect(run.exitCode == 70)
      #expect(run.errors.split(separator: "\n").count == 1)
      #expect(run.errors.hasSuffix(": No space left on device\n"), "\(run.errors)")
      let left = try FileManager.default.contentsOfDirectory(
        atPath: disk.appendingPathComponent("run").path)
      #expect(left.filter { $0.hasPrefix(".") && $0 != ".lock" } == [])
      for file in left where file.hasSuffix(".h5") && file != "checkpoint.h5" {
        let summary = try Binary.run("model", "summary", "disk/run/\(file)", in: folder)
        #expect(summary.exitCode == 0, "\(summary.errors)")
      }
    }
  }
}
