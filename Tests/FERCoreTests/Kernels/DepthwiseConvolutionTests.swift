import Testing

@testable import FERCore

/// Bound: every result is a sum of products, so it errs by at most γ(terms + 1) times the sum of their magnitudes.
@Suite struct DepthwiseConvolutionTests {
  /// Channels around a vector, with one kernel each and with several.
  static let windows: [ReferenceWindow] =
    Padding.allCases.flatMap { padding in
      [1, 7, 8, 9, 33].flatMap { channels in
        [
          ReferenceWindow(
            batch: 2, height: 7, width: 9, inputs: channels, outputs: channels, kernel: (3, 3),
            padding: padding),
          ReferenceWindow(
            batch: 2, height: 8, width: 6, inputs: channels, outputs: channels, kernel: (3, 2),
            stride: (2, 3), padding: padding),
          ReferenceWindow(
            batch: 2, height: 6, width: 5, inputs: channels, outputs: 2 * channels,
            kernel: (3, 3), padding: padding),
          ReferenceWindow(
            batch: 11, height: 5, width: 7, inputs: channels, outputs: 3 * channels,
            kernel: (2, 4), stride: (2, 1), padding: padding),
        ]
      }
    } + [
      // A kernel larger than the image, a stride beyond the kernel, and a row longer than a band.
      ReferenceWindow(
        batch: 2, height: 2, width: 3, inputs: 9, outputs: 9, kernel: (5, 7), padding: .same),
      ReferenceWindow(
        batch: 2, height: 11, width: 12, inputs: 5, outputs: 10, kernel: (2, 2), stride: (3, 5)),
      ReferenceWindow(batch: 3, height: 2, width: 99, inputs: 9, outputs: 9, kernel: (1, 3)),
    ]

  @Test(arguments: windows) func everyPassMatchesTheReference(window: ReferenceWindow) {
    check(window, seed: 1, threads: 1)
    check(window, seed: 2, threads: 3)
  }

  @Test func randomWindowsMatchTheReference() {
    var random = SeededRandom(seed: 21)
    for round in 0..<60 {
      let channels = random.element(of: [1, 2, 3, 7, 8, 9, 16, 17])
      let window = ReferenceWindow(
        batch: 1 + random.integer(below: 4), height: 1 + random.integer(below: 13),
        width: 1 + random.integer(below: 13), inputs: channels,
        outputs: channels * (1 + random.integer(below: 3)),
        kernel: (1 + random.integer(below: 5), 1 + random.integer(below: 5)),
        stride: (1 + random.integer(below: 3), 1 + random.integer(below: 3)),
        padding: random.element(of: Padding.allCases))
      guard window.outputHeight > 0, window.outputWidth > 0 else { continue }
      check(window, seed: UInt64(round), threads: 1 + round % 3)
    }
  }

  private func check(_ window: ReferenceWindow, seed: UInt64, threads: Int) {
    let taps = window.kernel.height * window.kernel.width
    var random = SeededRandom(seed: seed, 0xD0)
    let x = GuardedFloats(random.normals(window.inputCount))
    let w = GuardedFloats(random.normals(taps * window.outputs))
    let bias = GuardedFloats(random.normals(window.outputs))
    let dy = GuardedFloats(random.normals(window.outputCount))
    let convolution = DepthwiseConvolution(window.geometry)
    let pool = WorkerPool(threads: threads)
    let (xs, ws, dys) = (x.elements.doubles, w.elements.doubles, dy.elements.doubles)
    for relu in [false, true] {
      let workspace = GuardedFloats(count: convolution.workspaceCount(threads: threads))
      let y = GuardedFloats(count: window.outputCount)
      convolution.convolve(
        x.base, weights: w.base, bias: relu ? UnsafePointer(bias.base) : nil, relu: relu,
        into: y.base, workspace: workspace.base, pool: pool)
      var expected = Reference.depthwiseConvolution(xs, ws, window)
      var sums = Reference.depthwiseConvolution(xs.magnitudes, ws.magnitudes, window)
      if relu {
        expected = Reference.addRow(expected, bias.elements.doubles).map { max($0, 0) }
        sums = Reference.addRow(sums, bias.elements.doubles.magnitudes)
      }
      expectClose(
        y.elements, expected, within: sums.map { $0 * gamma(taps + 2) }, "\(window) relu \(relu)")
      #expect(y.isIntact && workspace.isIntact, "\(window)")
    }

    let workspace = GuardedFloats(count: convolution.gradientWorkspaceCount(threads: threads))
    let dw = GuardedFloats(count: taps * window.outputs)
    convolution.weightGradient(
      x.base, dy.base, into: dw.base, workspace: workspace.base, pool: pool)
    let pixels = window.batch * window.outputHeight * window.outputWidth
    expectClose(
      dw.elements, Reference.depthwiseWeightGradient(xs, dys, window),
      within: Reference.depthwiseWeightGradient(xs.magnitudes, dys.magnitudes, window).map {
        $0 * gamma(pixels + 9)
      }, "\(window) weight gradient")
    let dx = GuardedFloats(count: window.inputCount)
    convolution.inputGradient(
      dy.base, weights: w.base, into: dx.base, workspace: workspace.base, pool: pool)
    expectClose(
      dx.elements, Reference.depthwiseInputGradient(dys, ws, window),
      within: Reference.depthwiseInputGradient(dys.magnitudes, ws.magnitudes, window).map {
        $0 * gamma(taps * window.outputs / window.inputs + 2)
      }, "\(window) input gradient")
    #expect(dw.isIntact && dx.isIntact && workspace.isIntact, "\(window)")
  }
}
