import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// `emojify explain`, run as a user runs it.
@Suite struct ExplainTests {
  /// A folder with an untrained model of 48 x 48 faces, small so that occlusion is quick, and six drawn faces.
  private func withModel(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let network = try NetworkBuilder.sequential(
        name: "tiny", inputShape: [48, 48, 1], seed: 3,
        [
          (nil, Rescaling(scale: 1 / 255)), (nil, Conv2D(filters: 8, kernelSize: 5, stride: 4)),
          ("norm", BatchNormalization()), ("maps", Activation(.relu)),
          (nil, GlobalAveragePooling2D()), (nil, Dense(units: 7, activation: .softmax)),
        ])
      try KerasFormat.write(
        network, metadata: ModelMetadata(labels: Emotion.allCases.map(\.name)),
        to: folder.appendingPathComponent("tiny.h5"))
      try DrawnFaces.draw(count: 6, seed: 1).writeCSV(
        to: folder.appendingPathComponent("faces.csv"))
      try body(folder)
    }
  }

  @Test func imagesOfADataSetAreExplainedAsPictureAndJSON() throws {
    try withModel { folder in
      let run = try Binary.run(
        "explain", "--data", "faces.csv", "--index", "4,1", "--model", "tiny.h5", "--class", "Fear",
        "--json", in: folder)
      #expect(run.exitCode == 0 && run.errors == "wrote faces-4-1-explain.png\n", "\(run.errors)")
      let faces = try run.json([[String: Any]].self)
      #expect(faces.map { $0["index"] as? Int } == [4, 1])
      #expect(faces.map { $0["label"] as? String } == ["sad", "disgust"])
      #expect(faces.allSatisfy { $0["class"] as? String == "fear" })
      #expect(faces.allSatisfy { $0["layer"] as? String == "maps" })
      let face = faces[0]
      #expect((face["image"] as? String)?.hasSuffix("faces.csv:6") == true)
      let emotions = try #require(face["emotions"] as? [String: Double])
      #expect(face["score"] as? Double == emotions["fear"])
      #expect(face["predicted"] as? String == emotions.max { $0.value < $1.value }?.key)
      let map = try #require(face["grad_cam"] as? [[Double]])
      #expect(map.count == 11 && map.allSatisfy { $0.count == 11 && $0.allSatisfy { $0 >= 0 } })
      let occlusion = try #require(face["occlusion"] as? [[Double]])
      #expect(occlusion.count == 48 && occlusion.allSatisfy { $0.count == 48 })
      let picture = try Image(contentsOf: folder.appendingPathComponent("faces-4-1-explain.png"))
      #expect(picture.width > 3 * 264 && picture.height > 2 * 264)
    }
  }

  @Test func aPhotoGetsARowForEachFaceAndOneWithoutFacesNone() throws {
    try withModel { folder in
      let draw = try Binary.run("dataset", "portrait", "three.png", in: folder)
      #expect(draw.exitCode == 0)
      let run = try Binary.run(
        "explain", "three.png", "--model", "tiny.h5", "--method", "grad-cam", "-o", "why.png",
        in: folder)
      #expect(run.exitCode == 0 && run.errors == "wrote why.png\n", "\(run.errors)")
      #expect(run.output.split(separator: "\n").count == 3)
      let picture = try Image(contentsOf: folder.appendingPathComponent("why.png"))
      #expect(picture.height > 3 * 264 && picture.width < 3 * 264)
      let none = try Binary.run("explain", "why-not.png", "--model", "tiny.h5", in: folder)
      #expect(none.exitCode == 66)
      try GrayImage.png([UInt8](repeating: 99, count: 10_000), side: 100).write(
        to: folder.appendingPathComponent("flat.png"))
      let flat = try Binary.run("explain", "flat.png", "--model", "tiny.h5", in: folder)
      #expect(flat.exitCode == 0 && flat.output == "flat.png: no face found\n")
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/flat-explain.png"))
      let whole = try Binary.run(
        "explain", "flat.png", "--model", "tiny.h5", "--no-detect", "-q", in: folder)
      #expect(whole.exitCode == 0 && whole.output.hasPrefix("flat.png at [0, 0, 100, 100]  "))
    }
  }

  /// A clipped layer hides numbers without bounds: the answer is fine, the map over it is infinite.
  @Test func anInfiniteMapIsRefused() throws {
    try withTemporaryFolder { folder in
      let (convolution, dense) = (
        Conv2D(filters: 1, kernelSize: 1), Dense(units: 7, activation: .softmax)
      )
      let network = try NetworkBuilder.sequential(
        name: "huge", inputShape: [48, 48, 1], seed: 3,
        [
          ("maps", convolution), ("bound", Activation(.relu6)), (nil, GlobalAveragePooling2D()),
          (nil, dense),
        ])
      convolution.parameters[0].value.fill(1e35)
      convolution.parameters[1].value.fill(1)
      dense.parameters[0].value.fill(0)
      dense.parameters[0].value.base[3] = 1e10
      network.parametersChanged()
      try KerasFormat.write(
        network, metadata: ModelMetadata(labels: Emotion.allCases.map(\.name), inputRange: .raw),
        to: folder.appendingPathComponent("huge.h5"))
      // Black passes through the clipping layer, white is beyond it.
      try GrayImage.png((0..<48 * 48).map { $0 < 24 * 48 ? 0 : 255 }, side: 48)
        .write(to: folder.appendingPathComponent("half.png"))
      let words = ["half.png", "--no-detect", "--model", "huge.h5"]
      let answer = try Binary.run(["predict", "--jsonl"] + words, in: folder)
      #expect(
        answer.exitCode == 0 && answer.output.contains("\"emotion\":\"happy\""), "\(answer.errors)")
      let run = try Binary.run(
        ["explain", "--method", "grad-cam", "--layer", "maps"] + words, in: folder)
      #expect(run.exitCode == 65 && run.output.isEmpty)
      #expect(
        run.errors == "emojify: huge.h5: its Grad-CAM map is no numbers but NaN or infinite: "
          + "did it diverge in training?\n")
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/half-explain.png"))
    }
  }

  @Test func whatCannotBeExplainedIsOneLine() throws {
    try withModel { folder in
      func fault(_ words: String...) throws -> String {
        let run = try Binary.run(["explain"] + words, in: folder)
        #expect(run.output.isEmpty && run.errors.split(separator: "\n").count == 1)
        return "\(run.exitCode) " + run.errors.replacing("emojify: ", with: "")
      }
      let none = try fault()
      #expect(
        none == "64 explain needs a PHOTO, or --data and --index; see 'emojify explain --help'\n")
      let indexless = try fault("--data", "faces.csv")
      #expect(indexless == "64 --data needs --index: which of its images, from 0\n")
      func one(_ words: String...) throws -> String {
        let run = try Binary.run(
          ["explain", "--data", "faces.csv", "--model", "tiny.h5"] + words, in: folder)
        return "\(run.exitCode) " + run.errors.replacing("emojify: ", with: "")
      }
      let outside = try one("--index", "6")
      #expect(outside == "64 --index 6 is out of range: expected 0 to 5\n")
      let ending = try one("--index", "1", "-o", "why.txt")
      #expect(
        ending
          == "64 why.txt: cannot write '.txt', expected one of .png, .jpg, .jpeg, .webp, .bmp\n")
      let unknown = try one("--index", "1", "--class", "glee")
      #expect(
        unknown == "64 --class 'glee' is none of the network's: expected one of "
          + "angry, disgust, fear, happy, sad, surprise, neutral\n")
      let flat = try one("--index", "1", "--layer", "dense")
      #expect(flat == "64 tiny.h5: layer 'dense' has no maps to look at: its output is [7]\n")
      let plain = try NetworkBuilder.sequential(
        name: "plain", inputShape: [48, 48, 1], seed: 3,
        [(nil, Flatten()), (nil, Dense(units: 7, activation: .softmax))])
      try KerasFormat.write(
        plain, metadata: ModelMetadata(labels: Emotion.allCases.map(\.name), inputRange: .raw),
        to: folder.appendingPathComponent("plain.h5"))
      let mapless = try fault("--data", "faces.csv", "--index", "1", "--model", "plain.h5")
      #expect(
        mapless == "65 plain.h5: the network has no convolution, so there are no maps to look at\n")
    }
  }
}
