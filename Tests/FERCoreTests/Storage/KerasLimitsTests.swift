import Foundation
import Testing

@testable import FERCore

/// Configurations of a few bytes that ask for more than there is. None of these has weights: they are refused before.
@Suite struct KerasLimitsTests {
  private func expectRefusal(of config: String, _ reason: String) throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("evil.h5")
      try HandmadeKerasFile.write(config: config, version: "2.15.0", [], to: url)
      expectBadData(reason) { _ = try KerasFormat.read(url) }
    }
  }

  /// The product of the extents is 2 to the 64th.
  @Test func inputsRepeatedBeyondCountingAreRefused() throws {
    let targets = (0..<4).map { place in
      "[" + (0..<5).map { $0 == place ? "65536" : "1" }.joined(separator: ", ") + "]"
    }
    let reshapes: [HandmadeKerasFile.Layer] = targets.enumerated().map { place, target in
      ("Reshape", "r\(place)", #""target_shape": \#(target)"#, ["in"])
    }
    try expectRefusal(
      of: HandmadeKerasFile.graph(
        input: "[null, 65536]",
        reshapes + [("Multiply", "product", "", reshapes.map(\.name))]),
      "layer 'product' (Multiply): inputs repeated to [65536, 65536, 65536, 65536, 1] are too large"
    )
  }

  /// The kernel would have 2 to the 65th numbers.
  @Test func kernelsBeyondCountingAreRefused() throws {
    try expectRefusal(
      of: HandmadeKerasFile.graph(
        input: "[null, 65536, 8192]",
        [
          ("Reshape", "flat", #""target_shape": [1, 1, -1]"#, ["in"]),
          (
            "Conv2D", "conv",
            #""filters": 1048576, "kernel_size": [256, 256], "padding": "same""#, ["flat"]
          ),
        ]), "layer 'conv' (Conv2D): a kernel of [256, 256, 536870912, 1048576] is too large")
  }

  /// 2 to the 28th places for each of two inputs.
  @Test func tablesThatNoWeightsCoverAreRefused() throws {
    try expectRefusal(
      of: HandmadeKerasFile.graph(
        input: "[null, 128, 128, 1]",
        [
          ("Reshape", "column", #""target_shape": [16384, 1]"#, ["in"]),
          ("Reshape", "row", #""target_shape": [1, 16384]"#, ["in"]),
          ("Multiply", "table", "", ["column", "row"]),
        ]),
      "layer 'table' (Multiply): with it the layers keep 536870912 numbers besides their weights")
  }

  @Test func tensorsInsideALayerAreCounted() throws {
    try expectRefusal(
      of: HandmadeKerasFile.chain(
        (
          "SeparableConv2D",
          #"""
          "name": "apart", "batch_input_shape": [null, 4096, 4096, 1], "filters": 1, "kernel_size": [1, 1],
          "depth_multiplier": 256
          """#
        )), "layer 'apart' (SeparableConv2D): with it the layers keep 4294967296 numbers")
  }

  /// Each by itself is small enough: 8256 x 8256 pixels.
  @Test func whatManyLayersKeepIsAddedUp() throws {
    let names = (0..<4).map { "pad\($0)" }
    let pads: [HandmadeKerasFile.Layer] = names.map {
      ("ZeroPadding2D", $0, #""padding": 4096"#, ["in"])
    }
    try expectRefusal(
      of: HandmadeKerasFile.graph(
        input: "[null, 64, 64, 1]", pads + [("Add", "sum", "", names)]),
      "layer 'pad3' (ZeroPadding2D): with it the layers keep 272646144 numbers")
  }

  /// What a dilated convolution computes with is much larger than what the file has.
  @Test func holesOfKernelsCount() {
    let layer = ExpandedConv2D(filters: 15, kernelSize: (3, 3), dilation: (255, 255))
    #expect(layer.ownCount(for: [[4, 4, 15]]) == 2 * 511 * 511 * 15 * 15)
  }

  @Test func shapesAreCountedWithoutOverflow() {
    #expect(Shape(counting: [1 << 31, 1 << 31])?.count == 1 << 62)
    #expect(Shape(counting: [1 << 32, 1 << 31]) == nil)
    #expect(Shape(counting: [3, -1]) == nil)
    #expect(Shape(counting: [])?.count == 1)
  }
}
