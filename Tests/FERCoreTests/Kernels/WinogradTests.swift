import Testing

@testable import FERCore

/// F(4 x 4, 3 x 3) has no elementwise bound of use: an element's error follows the size of its whole tile. Measured, the
/// worst of 10⁵ elements errs by 1e-5 of the result's scale at 256 channels and by less with fewer; twice that is allowed.
@Suite struct WinogradTests {
  static let tolerance = 2e-5

  static let windows: [ReferenceWindow] =
    Padding.allCases.flatMap { padding in
      // Around the 4 x 4 tile of outputs.
      [3, 4, 5, 6, 7, 8, 9, 12, 13].map {
        ReferenceWindow(
          batch: 2, height: $0, width: 16 - $0, inputs: 8, outputs: 16, kernel: (3, 3),
          padding: padding)
      }
        + [8, 16, 24, 40, 56, 64, 72, 136].flatMap {
          // Around the panel of 16 outputs, the chunk of 64 and the tile of six inputs.
          [
            ReferenceWindow(
              height: 6, width: 7, inputs: 8, outputs: $0, kernel: (3, 3), padding: padding),
            ReferenceWindow(
              height: 6, width: 7, inputs: $0, outputs: 8, kernel: (3, 3), padding: padding),
          ]
        } + [
          // Enough tiles for several blocks, and for several chunks of the weight gradient.
          ReferenceWindow(
            batch: 5, height: 21, width: 22, inputs: 8, outputs: 8, kernel: (3, 3), padding: padding
          ),
          ReferenceWindow(
            batch: 5, height: 14, width: 14, inputs: 240, outputs: 256, kernel: (3, 3),
            padding: padding),
        ]
    }
    + [(1, 1), (1, 6), (2, 2), (2, 5)].map { height, width in
      ReferenceWindow(
        batch: 3, height: height, width: width, inputs: 8, outputs: 8, kernel: (3, 3),
        padding: .same)
    }

  @Test(arguments: windows) func everyPassMatchesTheReference(window: ReferenceWindow) {
    check(window, seed: 1, threads: 2)
  }

  @Test func randomWindowsMatchTheReference() {
    var random = SeededRandom(seed: 30)
    for round in 0..<40 {
      check(
        ReferenceWindow(
          batch: 1 + random.integer(below: 4), height: 3 + random.integer(below: 18),
          width: 3 + random.integer(below: 18), inputs: 8 * (1 + random.integer(below: 4)),
          outputs: 8 * (1 + random.integer(below: 4)), kernel: (3, 3),
          padding: random.element(of: Padding.allCases)),
        seed: UInt64(round), threads: 1 + round % 3)
    }
  }

  @Test func acceptsOnlyWhatItComputes() {
    let accepts = { (kernel: (Int, Int), stride: (Int, Int), inputs: Int, outputs: Int) in
      Winograd.accepts(
        ReferenceWindow(
          height: 9, width: 9, inputs: inputs, outputs: outputs, kernel: kernel, stride: stride
        ).geometry)
    }
    #expect(accepts((3, 3), (1, 1), 8, 16))
    #expect(!accepts((3, 3), (2, 1), 8, 16))
    #expect(!accepts((3, 1), (1, 1), 8, 16))
    #expect(!accepts((3, 3), (1, 1), 1, 16))
    #expect(!accepts((3, 3), (1, 1), 8, 15))
  }

  private func check(_ window: ReferenceWindow, seed: UInt64, threads: Int) {
    let g = window.geometry
    let data = ConvolutionData(window, seed: seed)
    let pool = WorkerPool(threads: threads)
    for relu in [false, true] {
      let kernel = GuardedFloats(count: Winograd.kernelCount(g))
      let workspace = GuardedFloats(count: Winograd.workspaceCount(g, threads: threads))
      let y = GuardedFloats(count: window.outputCount)
      Winograd.transformKernel(
        data.weights.base, g, transposed: false, into: kernel.base, pool: pool)
      Winograd.convolve(
        data.x.base, kernel: kernel.base, bias: relu ? data.bias.base : nil, relu: relu,
        into: y.base, g, workspace: workspace.base, pool: pool)
      let scale = Self.scale(terms: g.depth)
      data.expectOutput(y.elements, biased: relu, relu: relu) { _ in Self.tolerance * scale }
      #expect(y.isIntact && kernel.isIntact && workspace.isIntact, "\(window)")
    }

    let workspace = GuardedFloats(count: Winograd.gradientWorkspaceCount(g, threads: threads))
    let dw = GuardedFloats(count: window.weightCount)
    Winograd.weightGradient(
      data.x.base, data.dy.base, into: dw.base, g, workspace: workspace.base, pool: pool)
    let weightScale = Self.scale(terms: g.outputPixels)
    data.expectWeightGradient(dw.elements) { _ in Self.tolerance * weightScale }
    #expect(dw.isIntact && workspace.isIntact, "\(window)")

    let t = g.transposed
    let kernel = GuardedFloats(count: Winograd.kernelCount(t))
    let scratch = GuardedFloats(count: Winograd.workspaceCount(t, threads: threads))
    let dx = GuardedFloats(count: window.inputCount)
    Winograd.transformKernel(data.weights.base, t, transposed: true, into: kernel.base, pool: pool)
    Winograd.convolve(
      data.dy.base, kernel: kernel.base, bias: nil, relu: false, into: dx.base, t,
      workspace: scratch.base, pool: pool)
    let inputScale = Self.scale(terms: t.depth)
    data.expectInputGradient(dx.elements) { _ in Self.tolerance * inputScale }
    #expect(dx.isIntact && kernel.isIntact && scratch.isIntact, "\(window)")
  }

  /// Five standard deviations of a sum of `terms` products of standard normal draws: what the largest result is near.
  private static func scale(terms: Int) -> Double { 5 * Double(terms).squareRoot() }
}
