import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// A model whose file says nothing, through the real binary: adopted, calibrated, converted, compared.
@Suite struct OtherModelsTests {
  /// Tells which of three stripes is bright, and only where pixels are -1...1; its outputs are in the order c, a, b.
  ///
  /// Each stripe's mean goes through two steep steps, up at 0.4 and down at 0.7: bright stripes, 170...229, mean 0.57
  /// there. No other range puts them between.
  static func stripes() throws -> Network {
    let up = Dense(units: 6, activation: .sigmoid)
    let join = Dense(units: 3, activation: .softmax)
    let network = try NetworkBuilder.sequential(
      name: "stripes", inputShape: [12, 12, 1], seed: 1, AveragePooling2D(poolSize: (4, 12)),
      Flatten(), up, join)
    for parameter in network.parameters { parameter.value.fill(0) }
    for stripe in 0..<3 {
      for (step, threshold) in [Float(0.4), 0.7].enumerated() {
        up.parameters[0].value.base[stripe * 6 + 2 * stripe + step] = 400
        up.parameters[1].value.base[2 * stripe + step] = -400 * threshold
        let output = (stripe + 1) % 3
        join.parameters[0].value.base[(2 * stripe + step) * 3 + output] = step == 0 ? 4 : -4
      }
    }
    network.parametersChanged()
    return network
  }

  /// The model, and a folder of labelled images: class a has its first stripe bright, and so on.
  private func withStripes(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try KerasFormat.write(
        Self.stripes(), metadata: ModelMetadata(), to: folder.appendingPathComponent("model.h5"))
      var random = SeededRandom(seed: 5)
      for (label, name) in ["a", "b", "c"].enumerated() {
        let faces = folder.appendingPathComponent("faces/\(name)")
        try FileManager.default.createDirectory(at: faces, withIntermediateDirectories: true)
        for image in 0..<20 {
          let pixels = (0..<144).map { pixel in
            UInt8((pixel / 48 == label ? 170 : 60) + random.integer(below: 60))
          }
          try HandmadePNG.data(width: 12, height: 12, .gray, pixels: pixels)
            .write(to: faces.appendingPathComponent("\(image).png"))
        }
      }
      try body(folder)
    }
  }

  @Test func calibrationFindsRangeAndOrderAndKeepsThem() throws {
    try withStripes { folder in
      let unknown = try Binary.run(
        "eval", "--model", "model.h5", "--data", "faces", "--split", "train", in: folder)
      #expect(unknown.exitCode == 65)
      #expect(unknown.errors.contains("model.h5: does not say what its 3 outputs mean"))
      let run = try Binary.run(
        "model", "calibrate", "model.h5", "--data", "faces", "--images", "60", "--write", in: folder
      )
      #expect(run.exitCode == 0, "\(run.errors)")
      let best = run.output.split(separator: "\n").dropFirst(2).first ?? ""
      #expect(best.hasPrefix("-1..1") && best.contains(" 100.0% "), "\(run.output)")
      #expect(run.output.contains("labels       c,a,b  sure: "))
      #expect(run.output.contains("input range  -1..1  sure: "))
      let kept = try JSONSerialization.jsonObject(
        with: Data(contentsOf: folder.appendingPathComponent("model.h5.json")))
      #expect((kept as? [String: Any])?["input_range"] as? String == "-1..1")
      #expect((kept as? [String: Any])?["labels"] as? [String] == ["c", "a", "b"])
      // From now on every command knows.
      let known = try Binary.run(
        "eval", "--model", "model.h5", "--data", "faces", "--split", "train", "--json", in: folder)
      #expect(known.exitCode == 0 && !known.errors.contains("does not say"), "\(known.errors)")
      let report = try known.json()
      #expect(report["accuracy"] as? Double == 1)
      #expect(report["classes"] as? [String] == ["c", "a", "b"])
      // Classes are the same in another case: no other order, and nothing to find out.
      try Binary.run("model", "adopt", "model.h5", "--labels", "C,A,B", in: folder)
      let again = try Binary.run(
        "model", "calibrate", "model.h5", "--data", "faces", "--images", "60", in: folder)
      #expect(again.output.contains("labels       C,A,B  sure: "), "\(again.output)")
      #expect(again.output.contains("\n60 images: all there are\n"), "\(again.output)")
    }
  }

  /// What lies beside a name would speak of the new model; and what no command would open is not written.
  @Test func copiesThatWouldBeMisreadAreNotWritten() throws {
    try withStripes { folder in
      let place = { folder.appendingPathComponent($0) }
      let facts = #"{"labels": ["a", "b", "c"]}"#
      try Data(facts.utf8).write(to: place("taken.h5.json"))
      for words in [
        ["convert", "model.h5", "taken.h5"],
        ["adopt", "model.h5", "--labels", "c,a,b", "--embed", "taken.h5"],
      ] {
        let run = try Binary.run(["model"] + words, in: folder)
        #expect(
          run.exitCode == 64
            && run.errors.contains("taken.h5.json: would speak of the model that is to be written"),
          "\(run.errors)")
      }
      for (labels, message) in [
        (#"["a", "b"]"#, " model.h5.json: names 2 classes, the network tells 3 apart"),
        (#"["a"]"#, " model.h5.json: names 1 class, the network tells 3 apart"),
        (#"["a", "b", "a"]"#, " model.h5.json: names the class 'a' twice"),
        (#"["a", "b", "c\nd"]"#, "expected a list of class names"),
      ] {
        try Data(#"{"labels": \#(labels)}"#.utf8).write(to: place("model.h5.json"))
        for words in [
          ["model", "convert", "model.h5", "copy.h5"],
          ["model", "adopt", "model.h5", "--input-range", "-1..1", "--embed", "copy.h5"],
          ["eval", "--model", "model.h5", "--data", "faces", "--split", "train"],
        ] {
          let run = try Binary.run(words, in: folder)
          #expect(run.exitCode == 65 && run.errors.contains(message), "\(run.errors)")
        }
      }
      let written = ["taken.h5", "copy.h5"].map { place($0).path }
      #expect(!written.contains(where: FileManager.default.fileExists(atPath:)))
    }
  }

  @Test func adoptionTellsTheRangeThatCommandsKnow() throws {
    try withStripes { folder in
      let network = try Architecture.fast.network(classCount: 3, seed: 1)
      try KerasFormat.write(
        network, metadata: ModelMetadata(architecture: "fast"),
        to: folder.appendingPathComponent("own.h5"))
      let run = try Binary.run("model", "adopt", "own.h5", "--labels", "a,b,c", in: folder)
      #expect(run.output.contains("0..255, by its layers or its origin"), "\(run.output)")
    }
  }

  @Test func blanksBehindCommasAreNotPartOfLabels() throws {
    #expect(LabelOrder(argument: "angry, happy ,sad") == .list(["angry", "happy", "sad"]))
    #expect(LabelOrder(argument: "angry, ") == nil)
    #expect(LabelOrder(argument: "angry,ha\nppy") == nil)
    #expect([Emotion](argument: "happy, sad") == [.happy, .sad])
  }

  @Test func aSummaryTellsWhatIsKnownOfAModel() throws {
    try withStripes { folder in
      let bare = try Binary.run("model", "summary", "model.h5", in: folder)
      #expect(
        bare.output.hasSuffix(
          """
          outputs: probabilities, by the last layer
          input range: unknown
          channels: gray
          labels: unknown

          """), "\(bare.output)")
      try Binary.run(
        "model", "adopt", "model.h5", "--input-range", "-1..1", "--labels", "c, a, b", in: folder)
      let json = try Binary.run("model", "summary", "model.h5", "--json", in: folder).json()
      let known = try #require(json["known"] as? [String: Any])
      #expect(known["labels"] as? [String] == ["c", "a", "b"])
      #expect(known["input_range"] as? String == "-1..1")
      #expect(try json["multiply_adds"] as? Int == Self.stripes().multiplyAdds)
    }
  }

  /// Those that come along are found by name, wherever they are installed.
  @Test func bundledModelsGoByNameEverywhere() throws {
    try withTemporaryFolder { folder in
      let copy = try Binary.run("model", "convert", "fast", "copy.h5", in: folder)
      #expect(copy.exitCode == 0, "\(copy.errors)")
      let same = try Binary.run("model", "diff", "fast", "copy.h5", in: folder)
      #expect(same.exitCode == 0, "\(same.output)\(same.errors)")
      let summary = try Binary.run("model", "summary", "copy.h5", in: folder)
      #expect(
        summary.output.contains("labels: angry, disgust, fear, happy, sad, surprise, neutral"))
      #expect(summary.output.contains("origin: architecture fast, seed 1, "), "\(summary.output)")
    }
  }

  /// The best answer of a model that always says the same is the share of the largest class it has a name for.
  @Test func aConstantModelIsNotBetterThanChance() throws {
    try withStripes { folder in
      for (outputs, function, exitCode, message) in [
        (2, .softmax, 1, "nothing tried is better than chance"),
        (1, .sigmoid, 65, "model.h5: answers with one number, expected one for each class"),
      ] as [(Int, ActivationFunction, Int32, String)] {
        let head = Dense(units: outputs, activation: function)
        let network = try NetworkBuilder.sequential(
          name: "constant", inputShape: [12, 12, 1], seed: 1, GlobalAveragePooling2D(), head)
        for parameter in network.parameters { parameter.value.fill(0) }
        head.parameters[1].value.base[0] = 1
        network.parametersChanged()
        try KerasFormat.write(
          network, metadata: ModelMetadata(), to: folder.appendingPathComponent("model.h5"))
        let run = try Binary.run(
          "model", "calibrate", "model.h5", "--data", "faces", "--images", "60", "--write",
          in: folder)
        #expect(run.exitCode == exitCode && run.errors.contains(message), "\(run.errors)")
        let kept = folder.appendingPathComponent("model.h5.json").path
        #expect(!FileManager.default.fileExists(atPath: kept))
      }
    }
  }

  /// Who names the outputs has not said how pixels are scaled: the guess and its note stay.
  @Test func copiesThatSayOnlyTheirLabelsAreFedTheSame() throws {
    try withStripes { folder in
      func answers(_ model: String, _ more: [String] = []) throws -> String {
        let run = try Binary.run(
          ["eval", "--model", model, "--data", "faces", "--split", "train", "--csv"] + more,
          in: folder)
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(
          run.errors.contains("\(model) does not say how pixels are scaled (taken as 0..1)"),
          "\(run.errors)")
        return run.output
      }
      let original = try answers("model.h5", ["--labels", "c,a,b"])
      for words in [
        ["adopt", "model.h5", "--labels", "c,a,b", "--embed", "own.h5"],
        ["adopt", "model.h5", "--labels", "c,a,b"], ["convert", "model.h5", "converted.h5"],
      ] {
        let run = try Binary.run(["model"] + words, in: folder)
        #expect(run.exitCode == 0, "\(run.errors)")
      }
      for copy in ["own.h5", "converted.h5"] { #expect(try answers(copy) == original, "\(copy)") }
    }
  }

  @Test func whatTheUserSaysCountsFirst() throws {
    try withStripes { folder in
      let adopt = try Binary.run(
        "model", "adopt", "model.h5", "--input-range", "0..1", "--labels", "a,b,c", in: folder)
      #expect(adopt.exitCode == 0, "\(adopt.errors)")
      #expect(
        adopt.output == """
          input range  0..1
          channels     gray
          labels       a, b, c
          outputs      probabilities, by the last layer

          """)
      #expect(adopt.errors == "wrote model.h5.json\n")
      let run = { (more: [String]) in
        try Binary.run(
          ["eval", "--model", "model.h5", "--data", "faces", "--split", "train", "--csv"] + more,
          in: folder)
      }
      let wrong = try run([])
      let right = try run(["--input-range", "-1..1", "--labels", "c,a,b"])
      #expect(wrong.exitCode == 0 && right.exitCode == 0, "\(right.errors)")
      #expect(right.output.hasPrefix("class,precision,recall,f1,support\nc,1.0,1.0,1.0,20\n"))
      #expect(wrong.output != right.output)
      let few = try run(["--labels", "a,b"])
      #expect(few.exitCode == 64 && few.errors.contains("--labels names 2 classes"))
      let bad = try run(["--input-range", "1..0"])
      #expect(bad.exitCode == 64 && bad.errors.contains("--input-range '1..0' is not valid"))
      let color = try run(["--color", "bgr"])
      #expect(color.exitCode == 65 && color.errors.contains("takes gray images"), "\(color.errors)")
    }
  }

  @Test func aCopyMaySayItItself() throws {
    try withStripes { folder in
      let adopt = try Binary.run(
        "model", "adopt", "model.h5", "--input-range", "-1..1", "--labels", "c,a,b", "--embed",
        "own.h5", in: folder)
      #expect(adopt.exitCode == 0 && adopt.errors == "wrote own.h5\n", "\(adopt.errors)")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(!names.contains { $0.hasSuffix(".json") })
      let (network, metadata) = try KerasFormat.read(folder.appendingPathComponent("own.h5"))
      #expect(metadata.inputRange == .symmetric && metadata.labels == ["c", "a", "b"])
      #expect(network.nodes.count == 5)
      // Converting keeps what is known; nothing else changes.
      let convert = try Binary.run("model", "convert", "own.h5", "again.hdf5", in: folder)
      #expect(convert.exitCode == 0, "\(convert.errors)")
      #expect(
        try KerasFormat.read(folder.appendingPathComponent("again.hdf5")).metadata == metadata)
      let same = try Binary.run("model", "diff", "model.h5", "again.hdf5", in: folder)
      #expect(same.exitCode == 0)
      #expect(same.output == "the same: all layers, and 4 weights to the last bit\n")
      let unknown = try Binary.run("model", "convert", "own.h5", "own.onnx", in: folder)
      #expect(unknown.exitCode == 64 && unknown.errors.contains("cannot write '.onnx'"))
    }
  }

  @Test func differencesAreNamed() throws {
    try withTemporaryFolder { folder in
      let write = { (network: Network, name: String) in
        try KerasFormat.write(
          network, metadata: ModelMetadata(), to: folder.appendingPathComponent(name))
      }
      func network(_ name: String, filters: Int, extra: Bool = false) throws -> Network {
        var layers: [(name: String?, layer: any Layer)] = [
          (name, Conv2D(filters: filters, kernelSize: 3)), (nil, GlobalAveragePooling2D()),
          (nil, Dense(units: 2)),
        ]
        if extra { layers.insert((nil, BatchNormalization()), at: 1) }
        return try NetworkBuilder.sequential(
          name: "n", inputShape: [8, 8, 1], seed: 1, layers)
      }
      let a = try network("conv2d_7", filters: 4)
      try write(a, "a.h5")
      // Names are numbered by the session: no difference.
      try write(try network("conv2d_9", filters: 4), "renamed.h5")
      a.parameters[2].value.base[1] += 0.25
      try write(a, "moved.h5")
      try write(try network("conv2d_7", filters: 6, extra: true), "other.h5")
      let renamed = try Binary.run("model", "diff", "a.h5", "renamed.h5", in: folder)
      #expect(renamed.exitCode == 0, "\(renamed.output)")
      let moved = try Binary.run("model", "diff", "a.h5", "moved.h5", in: folder)
      #expect(
        moved.exitCode == 1 && moved.output.contains("dense/kernel  [4, 2]"), "\(moved.output)")
      #expect(moved.output.contains("1 of 4 weights differ, by at most 0.25: not the same"))
      let near = try Binary.run(
        "model", "diff", "a.h5", "moved.h5", "--tolerance", "0.3", "--json", in: folder)
      #expect(near.exitCode == 0 && near.output.contains("\"passes\" : true"), "\(near.output)")
      a.parameters[2].value.base[1] = .infinity
      try write(a, "endless.h5")
      let endless = try Binary.run("model", "diff", "a.h5", "endless.h5", "--json", in: folder)
      #expect(endless.exitCode == 1, "\(endless.errors)")
      #expect(
        try endless.json()["largest_difference"] as? Double ?? 0 > 1e300)
      let other = try Binary.run("model", "diff", "a.h5", "other.h5", in: folder)
      #expect(other.exitCode == 1)
      #expect(other.output.contains("only in B: batch_normalization (BatchNormalization)"))
      #expect(other.output.contains("conv2d_7 (Conv2D): filters 4 → 6"), "\(other.output)")
    }
  }

  /// A model of another size, in colour: a photo goes through, and channel order matters.
  @Test func facesAreScaledToTheModel() throws {
    try withTemporaryFolder { folder in
      // Says angry for a red image where channels are rgb, disgust where they are bgr.
      let first = Dense(units: 7, activation: .softmax)
      let network = try NetworkBuilder.sequential(
        name: "colour", inputShape: [10, 20, 3], seed: 1, GlobalAveragePooling2D(), first)
      for parameter in network.parameters { parameter.value.fill(0) }
      first.parameters[0].value.base[0] = 9  // channel 0 → angry
      first.parameters[0].value.base[2 * 7 + 1] = 9  // channel 2 → disgust
      try KerasFormat.write(
        network, metadata: ModelMetadata(), to: folder.appendingPathComponent("colour.h5"))
      let red: [UInt8] = (0..<30 * 30 * 3).map { $0 % 3 == 0 ? 240 : 10 }
      try HandmadePNG.data(width: 30, height: 30, .rgb, pixels: red)
        .write(to: folder.appendingPathComponent("red.png"))
      for (order, emotion) in [("rgb", "angry"), ("bgr", "disgust")] {
        let run = try Binary.run(
          "predict", "red.png", "--no-detect", "--model", "colour.h5", "--color", order,
          "--input-range", "0..1", "--labels", "fer", "--csv", in: folder)
        #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
        #expect(run.output.contains(",\(emotion),"), "\(order): \(run.output)")
      }
      let guess = try Binary.run(
        "predict", "red.png", "--no-detect", "--model", "colour.h5", "--csv", in: folder)
      #expect(guess.exitCode == 0)
      #expect(
        guess.errors == """
          note: colour.h5 does not say how pixels are scaled (taken as 0..1) nor in what order the emotions \
          are (taken as FER-2013's); --input-range and --labels tell, 'emojify model calibrate' finds out

          """)
      let half = try Binary.run(
        "predict", "red.png", "--no-detect", "--model", "colour.h5", "--csv", "--input-range",
        "0..1", in: folder)
      #expect(
        half.errors == """
          note: colour.h5 does not say in what order the emotions are (taken as FER-2013's); --labels tells, \
          'emojify model calibrate' finds out

          """)
    }
  }

  private static func areClose(_ found: [Double], _ expected: [Double]) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 2e-6 }
  }

  /// A run is told what it freezes; what somebody froze in a file learns.
  @Test func whatAFileFreezesIsTrainedAllTheSame() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("frozen.h5")
      let network = try Self.stripes().freezing(["dense"])
      try KerasFormat.write(network, metadata: ModelMetadata(labels: ["c", "a", "b"]), to: file)
      #expect(try KerasFormat.read(file).network.frozen == ["dense"])
      let model = try LoadedModel(file, trains: true, Terminal(quiet: true))
      #expect(model.network.frozen.isEmpty)
    }
  }

  /// A last layer without softmax: percentages all the same, said once; what the outputs are can be told.
  @Test func outputsThatAreNoProbabilitiesBecomeSome() throws {
    try withTemporaryFolder { folder in
      let dense = Dense(units: 3, activation: .linear)
      let network = try NetworkBuilder.sequential(
        name: "raw", inputShape: [12, 12, 1], seed: 1, GlobalAveragePooling2D(), dense)
      dense.parameters[0].value.fill(0)
      for (place, bias) in [Float(7), 5, 1].enumerated() {
        dense.parameters[1].value.base[place] = bias
      }
      network.parametersChanged()
      let model = folder.appendingPathComponent("raw.h5")
      try KerasFormat.write(network, metadata: ModelMetadata(), to: model)
      try HandmadePNG.data(width: 12, height: 12, .gray, pixels: [UInt8](repeating: 90, count: 144))
        .write(to: folder.appendingPathComponent("face.png"))
      func predict() throws -> (scores: [Double], errors: String) {
        let run = try Binary.run(
          "predict", "face.png", "--no-detect", "--model", "raw.h5", "--labels", "sad,happy,angry",
          "--input-range", "0..1", "--csv", in: folder)
        #expect(run.exitCode == 0, "\(run.errors)")
        let row = run.output.split(separator: "\n").last?.split(separator: ",") ?? []
        return (row.suffix(3).compactMap { Double($0) }, run.errors)
      }
      // softmax of 7, 5, 1
      let guessed = try predict()
      #expect(Self.areClose(guessed.scores, [0.878878, 0.118943, 0.002179]))
      #expect(
        guessed.errors == """
          note: raw.h5 ends in 'dense' (Dense), which gives no probabilities: taken as logits and shown through \
          softmax; 'emojify model adopt --output' tells otherwise

          """)
      let adopt = try Binary.run("model", "adopt", "raw.h5", "--output", "scores", in: folder)
      #expect(
        adopt.exitCode == 0 && adopt.output.hasSuffix("outputs      scores\n"), "\(adopt.output)")
      // sigmoid of 7, 5, 1 as shares of its sum
      let told = try predict()
      #expect(Self.areClose(told.scores, [0.366846, 0.364723, 0.268431]), "\(told.scores)")
      #expect(told.errors.isEmpty)
      let summary = try Binary.run("model", "summary", "raw.h5", in: folder)
      #expect(summary.output.contains("\noutputs: scores\n"), "\(summary.output)")
      let embed = try Binary.run(
        "model", "adopt", "raw.h5", "--output", "logits", "--embed", "own.h5", in: folder)
      #expect(embed.exitCode == 0, "\(embed.errors)")
      let own = folder.appendingPathComponent("own.h5")
      #expect(try KerasFormat.read(own).metadata.output == .logits)
      // Raw outputs are compared.
      let expected = folder.appendingPathComponent("expected.h5")
      try HDF5File.write(to: expected) {
        try $0.write(Tensor([1, 12, 12, 1], [Float](repeating: 0, count: 144)), to: "input")
        try $0.write(Tensor([1, 3], [7, 5, 1]), to: "output")
      }
      let verify = try Binary.run("model", "verify", "own.h5", "expected.h5", in: folder)
      #expect(verify.exitCode == 0, "\(verify.output)")
      let softmax = try Binary.run(
        "model", "adopt", Binary.root.appendingPathComponent("models/best.h5").path, "--output",
        "logits", "--embed", "no.h5", in: folder)
      #expect(
        softmax.exitCode == 65 && softmax.errors.contains("ends in softmax"), "\(softmax.errors)")
    }
  }
}
