import Foundation
import Testing

@testable import FERCore

/// `emojify model verify` on models and answers of Keras.
@Suite struct ModelVerifyTests {
  /// A file of one golden's input and output, the output moved by `offset`.
  private func expected(_ name: String, offset: Float, in folder: URL) throws -> URL {
    let goldens = try HDF5File(reading: PackageFolder.fixture("keras_goldens.h5"))
    let input = try goldens.readFloats("\(name)/input")
    let output = try goldens.readFloats("\(name)/output")
    let moved = Tensor(output.shape, output.elements.map { $0 + offset })
    let file = folder.appendingPathComponent("expected.h5")
    try HDF5File.write(to: file) {
      try $0.write(input.view, to: "input", as: .float32)
      try $0.write(moved.view, to: "output", as: .float32)
    }
    return file
  }

  @Test func theSameAnswersPassAndOthersDoNot() throws {
    let model = PackageFolder.fixture("keras3_separable.h5").path
    try withTemporaryFolder { folder in
      let good = try expected("keras3_separable", offset: 0, in: folder)
      let same = try Binary.run("model", "verify", model, good.path)
      #expect(same.exitCode == 0 && same.output.hasPrefix("largest difference "), "\(same.errors)")
      #expect(same.output.hasSuffix("the same within 0.0001\n"))
      let moved = try expected("keras3_separable", offset: 0.5, in: folder)
      let other = try Binary.run("model", "verify", model, moved.path, "--json")
      #expect(other.exitCode == 1)
      let report = try other.json()
      #expect(abs((report["largest_difference"] as? Double ?? 0) - 0.5) < 1e-4)
      #expect(report["passes"] as? Bool == false)
      let lenient = try Binary.run("model", "verify", model, moved.path, "--tolerance", "0.6")
      #expect(lenient.exitCode == 0)
    }
  }

  @Test func answersOfAnotherModelAreRefused() throws {
    try withTemporaryFolder { folder in
      let file = try expected("keras3_separable", offset: 0, in: folder)
      let model = Binary.root.appendingPathComponent("models/best.h5").path
      let run = try Binary.run("model", "verify", model, file.path)
      #expect(run.exitCode == 65 && run.errors.contains("'input' has shape"), "\(run.errors)")
    }
  }

  /// JSON has no word for what has no end, and of no rows nothing can be said.
  @Test func answersWithoutAnEndAndNoAnswers() throws {
    let model = PackageFolder.fixture("keras3_separable.h5").path
    try withTemporaryFolder { folder in
      let endless = try expected("keras3_separable", offset: .infinity, in: folder)
      let other = try Binary.run("model", "verify", model, endless.path, "--json")
      #expect(other.exitCode == 1, "\(other.errors)")
      #expect(try other.json()["passes"] as? Bool == false)
      let shapes = try KerasFormat.read(PackageFolder.fixture("keras3_separable.h5")).network
      let empty = folder.appendingPathComponent("empty.h5")
      try HDF5File.write(to: empty) {
        try $0.write(Tensor(shapes.inputShape.batched(0)), to: "input")
        try $0.write(Tensor(shapes.outputShape.batched(0)), to: "output")
      }
      let none = try Binary.run("model", "verify", model, empty.path)
      #expect(
        none.exitCode == 65 && none.errors.contains("empty.h5: 'input' has no rows"),
        "\(none.output)\(none.errors)")
    }
  }

  /// EXPECTED may have its images as the file has them, and a photo goes through as an image.
  @Test(arguments: ["normalized_last", "permuted", "reshaped"])
  func channelsMayBeFirst(name: String) throws {
    let model = PackageFolder.fixture("first/\(name).h5").path
    let answers = PackageFolder.fixture("first/\(name).expected.h5").path
    let same = try Binary.run("model", "verify", model, answers, "--tolerance", "1e-5")
    #expect(same.exitCode == 0, "\(same.output)\(same.errors)")
    let note = "does not say where its channels are (taken as the first axis of ["
    #expect(same.errors.contains(note) == (name != "normalized_last"), "\(same.errors)")
    try withTemporaryFolder { folder in
      try HandmadePNG.data(
        width: 30, height: 30, .gray, pixels: (0..<900).map { UInt8($0 % 250) }
      ).write(to: folder.appendingPathComponent("face.png"))
      let predict = try Binary.run(
        "predict", "face.png", "--no-detect", "--model", model, "--labels", "sad,happy,angry",
        "--csv", in: folder)
      #expect(predict.exitCode == 0, "\(predict.errors)")
      #expect(predict.output.contains("face.png,1,0,0,30,30,"), "\(predict.output)")
      #expect(predict.errors.contains(note) == (name != "normalized_last"))
    }
  }
}
