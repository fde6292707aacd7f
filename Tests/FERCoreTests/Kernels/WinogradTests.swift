import Testing

@testable import FERCore

/// Winograd's forms have no elementwise bound of use: an element's error follows the size of its whole tile. Measured, the
/// worst of 10⁵ elements of F(4 x 4, 3 x 3) errs by 1e-5 of the result's scale at 256 channels and by less with fewer, of
/// F(6 x 6, 3 x 3) by twice as much, of F(2 x 2, 3 x 3) by 1e-6; twice that is allowed.
@Suite struct WinogradTests {
  static func tolerance(_ algorithm: ConvolutionAlgorithm) -> Double {
    switch algorithm {
    case .winograd6x6: 4e-5
    case .winograd4x4: 2e-5
    default: 2e-6
    }
  }

  static let algorithms: [ConvolutionAlgorithm] = [.winograd2x2, .winograd4x4, .winograd6x6]

  static let windows: [ReferenceWindow] =
    Padding.allCases.flatMap { padding in
      // Around the tiles of 4 x 4 and 6 x 6 outputs.
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

  /// Around the vector of eight and the panel of sixteen channels.
  static let oddChannels: [ReferenceWindow] =
    [(1, 1), (3, 7), (7, 8), (8, 9), (9, 15), (20, 33), (33, 17)].map { inputs, outputs in
      ReferenceWindow(
        batch: 2, height: 7, width: 10, inputs: inputs, outputs: outputs, kernel: (3, 3),
        padding: inputs % 2 == 0 ? .valid : .same)
    }

  /// Maps so small that several images share their tiles; batches that do and do not fill the layout.
  static let manyImages: [ReferenceWindow] =
    [1, 3, 4, 9, 17, 64].flatMap { batch in
      [(6, 6), (3, 3), (5, 9), (10, 10), (2, 13)].map { height, width in
        ReferenceWindow(
          batch: batch, height: height, width: width, inputs: 8, outputs: 8, kernel: (3, 3),
          padding: .same)
      }
        + [
          ReferenceWindow(
            batch: batch, height: 8, width: 5, inputs: 8, outputs: 16, kernel: (3, 3),
            padding: .valid)
        ]
    }

  @Test(arguments: windows + oddChannels + manyImages, algorithms)
  func everyPassMatchesTheReference(window: ReferenceWindow, algorithm: ConvolutionAlgorithm) {
    check(window, algorithm, seed: 1, threads: 2)
  }

  @Test func randomWindowsMatchTheReference() {
    var random = SeededRandom(seed: 30)
    for round in 0..<60 {
      check(
        ReferenceWindow(
          batch: 1 + random.integer(below: 6), height: 3 + random.integer(below: 18),
          width: 3 + random.integer(below: 18), inputs: 1 + random.integer(below: 40),
          outputs: 1 + random.integer(below: 40), kernel: (3, 3),
          padding: random.element(of: Padding.allCases)),
        random.element(of: Self.algorithms), seed: UInt64(round), threads: 1 + round % 3)
    }
  }

  @Test func whatItCannotComputeIsComputedDirectly() {
    let chosen = {
      (asked: ConvolutionAlgorithm?, kernel: (Int, Int), stride: (Int, Int), inputs: Int) in
      Convolution(
        ReferenceWindow(
          height: 48, width: 48, inputs: inputs, outputs: 16, kernel: kernel, stride: stride
        ).geometry, algorithm: asked, threads: 1
      ).algorithm
    }
    #expect(chosen(nil, (3, 3), (1, 1), 8) == .winograd4x4)
    #expect(chosen(.winograd6x6, (3, 3), (2, 1), 8) == .direct)
    #expect(chosen(nil, (3, 3), (1, 1), 1) == .direct)
    #expect(chosen(nil, (3, 3), (2, 1), 8) == .direct)
    #expect(chosen(.winograd4x4, (3, 3), (2, 1), 8) == .direct)
    #expect(chosen(.winograd4x4, (3, 1), (1, 1), 8) == .direct)
    #expect(chosen(.winograd2x2, (3, 3), (1, 1), 1) == .winograd2x2)
    #expect(chosen(.direct, (3, 3), (1, 1), 8) == .direct)
  }

  /// Nine 6 x 6 maps in a layout of three by three take 25 tiles of 4 x 4, not 36.
  @Test func smallMapsShareTiles() {
    let window = ReferenceWindow(
      batch: 18, height: 6, width: 6, inputs: 8, outputs: 8, kernel: (3, 3), padding: .same)
    #expect(WinogradTiling(window.geometry, WinogradF4.self, pooled: false).total == 50)
  }

  private func check(
    _ window: ReferenceWindow, _ algorithm: ConvolutionAlgorithm, seed: UInt64, threads: Int
  ) {
    let g = window.geometry
    let data = ConvolutionData(window, seed: seed)
    let pool = WorkerPool(threads: threads)
    let tolerance = Self.tolerance(algorithm)
    let scale = Self.scale(terms: g.depth) * tolerance
    let weightScale = Self.scale(terms: g.outputPixels) * tolerance
    let inputScale = Self.scale(terms: g.transposed.depth) * tolerance
    for pools in [false, true] {
      guard !pools || g.outputHeight > 1 && g.outputWidth > 1 else { continue }
      let convolution = Convolution(g, algorithm: algorithm, threads: threads, isPooled: pools)
      let kernel = GuardedFloats(count: convolution.kernelCount)
      let count =
        pools
        ? g.batch * (g.outputHeight / 2) * (g.outputWidth / 2) * g.outputChannels
        : window.outputCount
      let y = GuardedFloats(count: count)
      var places: [UInt8] = []
      convolution.prepare(data.weights.base, into: kernel.base, pool: pool)
      for relu in [false, true] {
        let workspace = GuardedFloats(count: convolution.workspaceCount)
        // Four bytes of a float each, so that writes past the end are seen.
        let bytes = GuardedFloats(count: (count + 3) / 4)
        let bytePlaces = PoolingWindow.places(bytes.base)
        var target = ConvolutionTarget(y.base)
        target.bias = relu ? UnsafePointer(data.bias.base) : nil
        target.relu = relu
        target.places = pools ? bytePlaces : nil
        convolution.convolve(
          data.x.base, kernel: kernel.base, into: target, workspace: workspace.base, pool: pool)
        if pools {
          places = (0..<count).map { bytePlaces[$0] }
          data.expectPooledOutput(y.elements, places, biased: relu, relu: relu, within: scale)
        } else {
          data.expectOutput(y.elements, biased: relu, relu: relu) { _ in scale }
        }
        #expect(y.isIntact && kernel.isIntact && workspace.isIntact && bytes.isIntact, "\(window)")
      }

      let dy = pools ? GuardedFloats(Array(data.dy.elements.prefix(count))) : data.dy
      let full =
        pools ? data.spread(dy.elements, places) : dy.elements.doubles
      let workspace = GuardedFloats(count: convolution.gradientWorkspaceCount)
      let dw = GuardedFloats(count: window.weightCount)
      let dx = GuardedFloats(count: window.inputCount)
      places.withUnsafeBufferPointer {
        let source = ConvolutionSource(dy.base, places: pools ? $0.baseAddress : nil)
        convolution.weightGradient(
          data.x.base, source, into: dw.base, workspace: workspace.base, pool: pool)
        convolution.inputGradient(
          source, weights: data.weights.base, into: dx.base, workspace: workspace.base, pool: pool)
      }
      data.expectWeightGradient(dw.elements, of: full) { _ in weightScale }
      data.expectInputGradient(dx.elements, of: full) { _ in inputScale }
      #expect(dw.isIntact && dx.isIntact && workspace.isIntact, "\(window)")
    }
  }

  /// Five standard deviations of a sum of `terms` products of standard normal draws: what the largest result is near.
  private static func scale(terms: Int) -> Double { 5 * Double(terms).squareRoot() }
}
