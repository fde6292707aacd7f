import Testing

@testable import FERCore

/// Bounds: those that `DirectConvolution` states by pass, and one rounding more where a product is rounded before it is added.
@Suite struct DirectConvolutionTests {
  static let windows: [ReferenceWindow] =
    Padding.allCases.flatMap { padding in
      [
        ReferenceWindow(
          height: 1, width: 1, inputs: 1, outputs: 1, kernel: (1, 1), padding: padding),
        ReferenceWindow(
          batch: 3, height: 7, width: 5, inputs: 16, outputs: 17, kernel: (1, 1), padding: padding),
        ReferenceWindow(
          batch: 2, height: 9, width: 8, inputs: 3, outputs: 5, kernel: (1, 1), stride: (2, 2),
          padding: padding),
        ReferenceWindow(
          batch: 2, height: 12, width: 12, inputs: 1, outputs: 32, kernel: (3, 3), padding: padding),
        ReferenceWindow(
          batch: 2, height: 9, width: 17, inputs: 1, outputs: 21, kernel: (5, 5), padding: padding),
        ReferenceWindow(
          batch: 2, height: 6, width: 7, inputs: 33, outputs: 20, kernel: (3, 3), padding: padding),
        ReferenceWindow(
          batch: 2, height: 11, width: 9, inputs: 4, outputs: 6, kernel: (5, 5), padding: padding),
        ReferenceWindow(
          batch: 2, height: 10, width: 11, inputs: 2, outputs: 8, kernel: (3, 3), stride: (2, 2),
          padding: padding),
        ReferenceWindow(
          batch: 2, height: 8, width: 9, inputs: 3, outputs: 7, kernel: (2, 4), padding: padding),
        ReferenceWindow(
          batch: 2, height: 9, width: 13, inputs: 3, outputs: 4, kernel: (4, 2), stride: (3, 2),
          padding: padding),
        // A stride beyond the kernel: some inputs meet no window.
        ReferenceWindow(
          batch: 2, height: 11, width: 12, inputs: 2, outputs: 3, kernel: (2, 2), stride: (3, 5),
          padding: padding),
        // The whole image is one window.
        ReferenceWindow(
          batch: 2, height: 5, width: 4, inputs: 3, outputs: 9, kernel: (5, 4), padding: padding),
        // A batch of more images than parts of the weight gradient, and pixels around its block of 96.
        ReferenceWindow(
          batch: 11, height: 8, width: 12, inputs: 2, outputs: 3, kernel: (3, 3), padding: padding),
        ReferenceWindow(
          batch: 9, height: 1, width: 97, inputs: 2, outputs: 3, kernel: (1, 3), padding: padding),
      ]
    } + [
      // Pointwise, and deeper than a chain of the matrix product.
      ReferenceWindow(
        batch: 2, height: 2, width: 3, inputs: 300, outputs: 5, kernel: (1, 1), padding: .valid),
      // A kernel larger than the image.
      ReferenceWindow(
        batch: 2, height: 2, width: 3, inputs: 2, outputs: 3, kernel: (5, 7), padding: .same),
      ReferenceWindow(
        batch: 2, height: 3, width: 3, inputs: 2, outputs: 3, kernel: (7, 7), stride: (2, 2),
        padding: .same),
    ]

  @Test(arguments: windows) func everyPassMatchesTheReference(window: ReferenceWindow) {
    check(window, seed: 1, threads: 1)
    check(window, seed: 2, threads: 3)
  }

  @Test func randomWindowsMatchTheReference() {
    var random = SeededRandom(seed: 20)
    for round in 0..<60 {
      let window = ReferenceWindow(
        batch: 1 + random.integer(below: 4), height: 1 + random.integer(below: 13),
        width: 1 + random.integer(below: 13),
        inputs: random.element(of: [1, 2, 3, 7, 8, 9, 16, 17]),
        outputs: random.element(of: [1, 2, 5, 7, 8, 9, 15, 16, 17, 33]),
        kernel: (1 + random.integer(below: 5), 1 + random.integer(below: 5)),
        stride: (1 + random.integer(below: 3), 1 + random.integer(below: 3)),
        padding: random.element(of: Padding.allCases))
      guard window.outputHeight > 0, window.outputWidth > 0 else { continue }
      check(window, seed: UInt64(round), threads: 1 + round % 3)
    }
  }

  private func check(_ window: ReferenceWindow, seed: UInt64, threads: Int) {
    let g = window.geometry
    #expect(g.outputHeight == window.outputHeight && g.outputWidth == window.outputWidth)
    let data = ConvolutionData(window, seed: seed)
    let pool = WorkerPool(threads: threads)
    for relu in [false, true] {
      let kernel = GuardedFloats(count: DirectConvolution.kernelCount(g))
      let workspace = GuardedFloats(count: DirectConvolution.workspaceCount(g, threads: threads))
      let y = GuardedFloats(count: window.outputCount)
      DirectConvolution.packKernel(data.weights.base, g, into: kernel.base, pool: pool)
      DirectConvolution.convolve(
        data.x.base, kernel: kernel.base, bias: relu ? data.bias.base : nil, relu: relu,
        into: y.base, g, workspace: workspace.base, pool: pool)
      data.expectOutput(y.elements, biased: relu, relu: relu) { sum in sum * gamma(g.depth + 2) }
      #expect(y.isIntact && kernel.isIntact && workspace.isIntact, "\(window)")
    }

    let partPixels = (g.batch + 7) / 8 * g.outputHeight * g.outputWidth
    let workspace = GuardedFloats(
      count: DirectConvolution.gradientWorkspaceCount(g, threads: threads))
    let dw = GuardedFloats(count: window.weightCount)
    DirectConvolution.weightGradient(
      data.x.base, data.dy.base, into: dw.base, g, workspace: workspace.base, pool: pool)
    data.expectWeightGradient(dw.elements) { sum in sum * gamma(partPixels + 9) }
    let dx = GuardedFloats(count: window.inputCount)
    DirectConvolution.inputGradient(
      data.dy.base, weights: data.weights.base, into: dx.base, g, workspace: workspace.base,
      pool: pool)
    let taps = window.kernel.height * window.kernel.width
    data.expectInputGradient(dx.elements) { sum in sum * gamma(taps * window.outputs + 1) }
    #expect(dw.isIntact && dx.isIntact && workspace.isIntact, "\(window)")
  }
}
