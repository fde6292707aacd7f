import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// Somebody's network taught one's own classes, through the real binary.
@Suite(.serialized) struct FineTuningTests {
  /// As a stranger saves it: 24 x 24 pixels, 0..1, no labels, a batch normalisation in the part to be frozen.
  static func write(to folder: URL) throws {
    let network = try NetworkBuilder.sequential(
      name: "stranger", inputShape: [24, 24, 1], seed: 1,
      [
        ("low_conv", Conv2D(filters: 8, kernelSize: 3)), ("low_norm", BatchNormalization()),
        ("low_relu", Activation(.relu)), ("pool", MaxPooling2D()),
        ("high_conv", Conv2D(filters: 8, kernelSize: 3, activation: .relu)),
        ("average", GlobalAveragePooling2D()), ("head", Dense(units: 7, activation: .softmax)),
      ])
    try KerasFormat.write(
      network, metadata: ModelMetadata(), to: folder.appendingPathComponent("stranger.h5"))
  }

  private func inFolder(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try Self.write(to: folder)
      let draw = try Binary.run(
        "dataset", "draw", "faces.csv", "--count", "140", "--seed", "1", in: folder)
      try #require(draw.exitCode == 0, "\(draw.errors)")
      try body(folder)
    }
  }

  private static let command = [
    "train", "faces.csv", "--init-weights", "stranger.h5", "--batch-size", "16", "--seed", "3",
  ]

  @Test func theHeadIsReplacedAndFrozenLayersStayAsTheyAre() throws {
    try inFolder { folder in
      let run = try Binary.run(
        Self.command + [
          "--replace-head", "--classes", "happy,sad,angry", "--freeze", "low_*", "--epochs", "2",
          "--output", "run",
        ], in: folder)
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(
        run.errors.contains("frozen: 2 layers; 611 of 723 parameters are trained"), "\(run.errors)")
      #expect(run.errors.contains("stranger: 42 training images, 6 validation images"))
      let url = folder.appendingPathComponent("run")
      let (network, metadata) = try KerasFormat.read(url.appendingPathComponent("last.h5"))
      #expect(metadata.labels == ["angry", "happy", "sad"])
      #expect(metadata.recipe?["start"]?["weights"] == "stranger.h5")
      #expect(network.inputShape == [24, 24, 1] && network.classCount == 3)
      let (before, _) = try KerasFormat.read(folder.appendingPathComponent("stranger.h5"))
      let weights = { (network: Network, layer: String) in
        (network.node(named: layer)?.layer?.parameters ?? []).map { Array($0.value.view.elements) }
      }
      #expect(weights(network, "low_conv") == weights(before, "low_conv"))
      #expect(weights(network, "low_norm") == weights(before, "low_norm"))
      #expect(weights(network, "high_conv") != weights(before, "high_conv"))
      // What it began with lies beside it, and the run is known everywhere.
      let diff = try Binary.run("model", "diff", "run/start.h5", "run/last.h5", in: folder)
      #expect(
        diff.exitCode == 1
          && diff.output.contains("0 differences in layers; 4 of 10 weights differ"),
        "\(diff.output)")
      let eval = try Binary.run("eval", "--model", "run/best.h5", "--split", "public", in: folder)
      #expect(eval.exitCode == 0, "\(eval.errors)")
    }
  }

  /// A function inside a layer that our files can only have behind it, and random numbers after it.
  private static func writeWithInnerFunction(to folder: URL) throws {
    let network = try NetworkBuilder.sequential(
      name: "stranger", inputShape: [24, 24, 1], seed: 1,
      [
        ("low_conv", Conv2D(filters: 8, kernelSize: 3, activation: .tanh)),
        ("pool", MaxPooling2D()), ("conv", Conv2D(filters: 8, kernelSize: 3, activation: .tanh)),
        ("drop", Dropout(rate: 0.5)), ("average", GlobalAveragePooling2D()),
        ("head", Dense(units: 7, activation: .softmax)),
      ])
    try HDF5File.write(to: folder.appendingPathComponent("stranger.h5")) { file in
      try KerasFormat.write(network, metadata: ModelMetadata(), to: file)
      let config = try #require(try file.string("model_config"))
      let leaky = #"{"class_name":"LeakyReLU","config":{"alpha":0.1}}"#
      #expect(config.contains("\"tanh\""))
      try file.setString(config.replacing("\"tanh\"", with: leaky), "model_config")
    }
  }

  /// Interrupted in the middle and resumed, with the stranger's file gone: the same bytes.
  @Test(arguments: [false, true])
  func aRunGoesOnWithoutTheFileItCameFrom(hasInnerFunction: Bool) throws {
    try inFolder { folder in
      if hasInnerFunction { try Self.writeWithInnerFunction(to: folder) }
      let more = ["--input-range", "0..1", "--labels", "fer", "--freeze", "low_conv"]
      let whole = try Binary.run(
        Self.command + more + ["--epochs", "3", "--output", "whole"], in: folder)
      try #require(whole.exitCode == 0, "\(whole.errors)")
      let process = try Binary.start(
        Self.command + more + ["--epochs", "3", "--output", "cut"], in: folder)
      let history = folder.appendingPathComponent("cut/history.csv")
      while process.isRunning, !FileManager.default.fileExists(atPath: history.path) {
        Thread.sleep(forTimeInterval: 0.002)
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      try FileManager.default.removeItem(at: folder.appendingPathComponent("stranger.h5"))
      let resumed = try Binary.run("train", "--resume", "cut", in: folder)
      #expect(resumed.exitCode == 0, "\(resumed.errors)")
      for file in ["history.csv", "best.h5", "last.h5"] {
        let pair = try ["whole", "cut"].map {
          try Data(contentsOf: folder.appendingPathComponent("\($0)/\(file)"))
        }
        #expect(pair[0] == pair[1], "\(file)")
      }
    }
  }

  /// A list knows a folder by its images at 48 pixels, whatever the network takes.
  @Test func aListOfAFolderHoldsForAnotherSize() throws {
    try inFolder { folder in
      try Binary.run("dataset", "convert", "faces.csv", "faces", in: folder)
      let happy = folder.appendingPathComponent("faces/train/happy")
      let files = try FileManager.default.contentsOfDirectory(atPath: happy.path).sorted()
      try FileManager.default.copyItem(
        at: happy.appendingPathComponent(try #require(files.first)),
        to: happy.appendingPathComponent("Training_99999.png"))
      let clean = try Binary.run("dataset", "clean", "faces", "skip.txt", in: folder)
      try #require(clean.exitCode == 0, "\(clean.errors)")
      let run = try Binary.run(
        "train", "faces", "--init-weights", "stranger.h5", "--input-range", "0..1", "--labels",
        "fer", "--skip", "skip.txt", "--epochs", "1", "--output", "run", in: folder)
      #expect(run.exitCode == 0 && run.errors.contains("skipped 1 image of 141"), "\(run.errors)")
      let eval = try Binary.run(
        "eval", "--model", "run/best.h5", "--split", "train", "--json", "--quiet", in: folder)
      #expect(try eval.json()["images"] as? Int == 98, "\(eval.errors)")
      let vain = try Binary.run(
        Self.command + ["--architecture", "fast", "--input-range", "0..1"], in: folder)
      #expect(vain.exitCode == 64 && vain.errors.contains("--input-range is of the file's own"))
    }
  }

  @Test func whatCannotBeIsSaidPlainly() throws {
    try inFolder { folder in
      for (arguments, code, message) in [
        (
          ["--classes", "happy,sad", "--labels", "a,b,c,d,e,f,happy"], Int32(64),
          "stranger.h5 tells 7 classes apart (a, b, c, d, e, f, happy), the data has "
            + "2 (happy, sad): --replace-head puts a fresh last layer in its place"
        ),
        (
          ["--freeze", "middle*"], 64,
          "no layer with weights is called 'middle*', expected some of low_conv"
        ),
        (["--freeze", "*"], 64, "all layers are frozen: nothing is left to learn"),
        (
          ["--architecture", "emojify"], 65,
          "no layer has the name and shapes of one of emojify's: conv2d, conv2d_1"
        ),
      ] {
        let run = try Binary.run(Self.command + arguments + ["--epochs", "1"], in: folder)
        #expect(run.exitCode == code && run.errors.contains(message), "\(run.errors)")
      }
      let lonely = try Binary.run("train", "faces.csv", "--freeze", "low_*", in: folder)
      #expect(lonely.exitCode == 64 && lonely.errors.contains("--freeze goes with --init-weights"))
      let untaught = try Binary.run("train", "faces.csv", "--teacher-once", in: folder)
      #expect(untaught.exitCode == 64)
      #expect(untaught.errors.contains("--teacher-once goes with --teacher"))
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("runs").path))
    }
  }

  /// Of what the file tells apart some classes may be kept, with what is known of them.
  @Test func someOfTheOutputsAreKept() throws {
    try inFolder { folder in
      let run = try Binary.run(
        Self.command + [
          "--classes", "happy,sad,angry", "--labels", "alphabetical", "--epochs", "1", "--output",
          "run",
        ], in: folder)
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("kept 3 of the 7 outputs: angry, happy and sad"), "\(run.errors)")
      let (start, metadata) = try KerasFormat.read(folder.appendingPathComponent("run/start.h5"))
      #expect(metadata.labels == ["angry", "happy", "sad"] && metadata.inputRange == .raw)
      let (before, _) = try KerasFormat.read(folder.appendingPathComponent("stranger.h5"))
      let kernels = [before, start].map { network in
        Array(network.node(named: "head")!.layer!.parameters[0].value.view.elements)
      }
      for row in 0..<8 {
        #expect(
          (0..<3).map { kernels[1][row * 3 + $0] } == [0, 3, 5].map { kernels[0][row * 7 + $0] })
      }
    }
  }

  /// The report's command trains the same again.
  @Test func theRecipeNamesItsStart() throws {
    var recipe = TrainingConfiguration()
    recipe.data = "faces.csv"
    recipe.architecture = "stranger"
    var start = StartingPoint(weights: "stranger.h5")
    start.replacesHead = true
    start.frozen = ["low_*"]
    start.inputRange = .symmetric
    recipe.start = start
    let line = Train(reproducing: recipe).commandLine
    #expect(
      line.contains(
        "--init-weights stranger.h5 --replace-head --freeze 'low_*' --input-range -1..1"),
      "\(line)")
    #expect(!line.contains("--architecture"))
    // A run of before this was refused may have kept them, in vain.
    recipe.start?.labels = Emotion.allCases.map(\.name)
    #expect(Train(reproducing: recipe).commandLine == line)
    recipe.start?.ownNetwork = false
    recipe.architecture = Architecture.standard.name
    #expect(
      Train(reproducing: recipe).commandLine.contains(
        "--architecture \(Architecture.standard.name)"))
    let words = try #require(
      try? Train.parse(["faces.csv", "--init-weights", "a.h5", "--freeze", "x,y"]))
    let made = words.makeConfiguration(data: "faces.csv").start
    #expect(made?.frozen == ["x", "y"] && made?.ownNetwork == true)
  }
}
