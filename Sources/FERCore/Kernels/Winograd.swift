/// 3 x 3 convolution at stride 1 by Winograd's F(4 x 4, 3 x 3) (Lavin & Gray 2016): 36 multiplications for 16 outputs
/// where the direct sum takes 144.
///
/// ```
/// y tile [4, 4] = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ d B) ] A        d: input tile [6, 6], overlapping its neighbours by two
/// ```
/// Summed over input channels the ⊙ becomes 36 matrix products `[tiles, in] · [in, out]`, one for each element of the
/// transformed tile. Error up to 1e-5 of the output's scale; edge tiles are computed whole and stored in part,
/// so they are as exact as the others.
enum Winograd {
  /// Elements of a transformed tile.
  static let elements = 36

  /// Whether this form computes the convolution: 3 x 3, stride 1, channels in whole vectors.
  static func accepts(_ g: ConvolutionGeometry) -> Bool {
    g.kernelHeight == 3 && g.kernelWidth == 3 && g.strideHeight == 1 && g.strideWidth == 1
      && g.inputChannels % 8 == 0 && g.outputChannels % 8 == 0
  }

  /// How the tiles of a geometry are numbered and cut into blocks of work.
  struct Tiling {
    let across: Int
    let perImage: Int
    let total: Int
    /// Tiles of a block, a multiple of the micro-kernel's six rows.
    let block: Int
    var blocks: Int { (total + block - 1) / block }

    init(_ g: ConvolutionGeometry) {
      across = (g.outputWidth + 3) / 4
      perImage = (g.outputHeight + 3) / 4 * across
      total = perImage * g.batch
      // 48 tiles keep one element's operand in the first cache and use each weight 48 times; a single image is cut
      // finer so that there is work for many cores.
      block = min(48, max(6, (total / 16 + 5) / 6 * 6))
    }

    /// The image a tile is in, and the output pixel at its upper left.
    @inline(__always)
    func origin(of tile: Int) -> (image: Int, top: Int, left: Int) {
      let inImage = tile % perImage
      return (tile / perImage, inImage / across * 4, inImage % across * 4)
    }
  }

  // One cache line more than a power of two between the 36 planes of a block: without it they would all fall into the
  // same sets of the cache.
  private static let planePad = 16
  /// Output channels that are transformed back together.
  private static let chunk = 64

  static func paddedChannels(_ channels: Int) -> Int { (channels + 15) & ~15 }

  /// Floats of the transformed weights.
  static func kernelCount(_ g: ConvolutionGeometry) -> Int {
    elements * g.inputChannels * paddedChannels(g.outputChannels)
  }

  /// Floats of scratch that `convolve` takes.
  static func workspaceCount(_ g: ConvolutionGeometry, threads: Int) -> Int {
    threads * workerCount(g, Tiling(g))
  }

  private static func workerCount(_ g: ConvolutionGeometry, _ tiling: Tiling) -> Int {
    elements * (tiling.block * g.inputChannels + planePad)
      + elements * (tiling.block * chunk + planePad) + elements * g.inputChannels
  }

  /// Transforms weights `[3, 3, in, out]` into `[36][out / 16][in][16]`, the last panel padded with zeros.
  /// - Parameter transposed: take the weights turned by 180° and with in and out exchanged, for the input gradient; `g`
  ///   is then the transposed geometry.
  static func transformKernel(
    _ weights: UnsafePointer<Float>, _ g: ConvolutionGeometry, transposed: Bool,
    into packed: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let inputs = g.inputChannels
    let outputs = g.outputChannels
    let panels = paddedChannels(outputs) / 16
    let plane = inputs * panels * 16
    // Steps of the stored array [3, 3, in, out] as seen from `g`.
    let inputStep = transposed ? 1 : outputs
    let outputStep = transposed ? inputs : 1
    let tapStep = inputs * outputs
    pool.run(blocks: panels) { _, panel in
      withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 18) { scratch in
        let columns = scratch.baseAddress!
        for half in 0..<2 {
          let first = panel * 16 + half * 8
          let exists = first < outputs
          for input in 0..<inputs {
            let target = packed + panel * inputs * 16 + input * 16 + half * 8
            guard exists else {
              for element in 0..<elements { Lanes.zero.store(to: target + element * plane) }
              continue
            }
            let source = weights + input * inputStep + first * outputStep
            for column in 0..<3 {
              let tap = { (row: Int) -> Lanes in
                let index = row * 3 + column
                return Lanes(
                  at: source + (transposed ? 8 - index : index) * tapStep, step: outputStep)
              }
              let t = WinogradTransforms.kernel((tap(0), tap(1), tap(2)))
              WinogradTransforms.store(t, to: columns + column, step: 3)
            }
            for row in 0..<6 {
              let t = WinogradTransforms.kernel(
                (columns[row * 3], columns[row * 3 + 1], columns[row * 3 + 2]))
              let line = target + row * 6 * plane
              WinogradTransforms.store(t, to: line, step: plane)
            }
          }
        }
      }
    }
  }

  /// `y = x ∗ w (+ bias) (then ReLU)`, overwritten. Reference: `Reference.convolution` (tests).
  ///
  /// x `[batch, height, width, in]` · kernel from `transformKernel` · y `[batch, height, width, out]`, aliases nothing.
  static func convolve(
    _ x: UnsafePointer<Float>, kernel: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    relu: Bool, into y: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let tiling = Tiling(g)
    let inputs = g.inputChannels
    let panels = paddedChannels(g.outputChannels) / 16
    let share = workerCount(g, tiling)
    let inputPlane = tiling.block * inputs + planePad
    let productPlane = tiling.block * chunk + planePad
    pool.run(blocks: tiling.blocks) { worker, block in
      let transformed = workspace + worker * share
      let products = transformed + elements * inputPlane
      let patch = products + elements * productPlane
      let first = block * tiling.block
      let count = min(tiling.block, tiling.total - first)
      transformInput(
        x, g, tiling, tiles: first..<first + count, into: transformed, plane: inputPlane,
        patch: patch)
      let rows = (count + 5) / 6 * 6
      var firstPanel = 0
      while firstPanel < panels {
        let panelCount = min(chunk / 16, panels - firstPanel)
        for element in 0..<elements {
          let a = transformed + element * inputPlane
          let c = products + element * productPlane
          for panel in 0..<panelCount {
            let b = kernel + (element * panels + firstPanel + panel) * inputs * 16
            var row = 0
            while row < rows {
              var tile = Tile6x16()
              tile.accumulate(
                steps: inputs, a: a + row * inputs, aRow: inputs, aStep: 1, b: b, bStep: 16)
              tile.store(to: c + row * chunk + panel * 16, row: chunk)
              row += 6
            }
          }
        }
        transformOutput(
          products, plane: productPlane, g, tiling, tiles: first..<first + count,
          channels: firstPanel * 16..<min(g.outputChannels, (firstPanel + panelCount) * 16),
          bias: bias, relu: relu, into: y)
        firstPanel += panelCount
      }
    }
  }

  /// `Bᵀ d B` of some tiles: element e of tile t, channel c at `target[e * plane + t * in + c]`.
  static func transformInput(
    _ x: UnsafePointer<Float>, _ g: ConvolutionGeometry, _ tiling: Tiling, tiles: Range<Int>,
    into target: UnsafeMutablePointer<Float>, plane: Int, patch: UnsafeMutablePointer<Float>
  ) {
    let channels = g.inputChannels
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 36) { scratch in
      let columns = scratch.baseAddress!
      for tile in tiles {
        let (image, outputTop, outputLeft) = tiling.origin(of: tile)
        let top = outputTop - g.padTop
        let left = outputLeft - g.padLeft
        let source: UnsafePointer<Float>
        let rowStep: Int
        if top >= 0, left >= 0, top + 6 <= g.inputHeight, left + 6 <= g.inputWidth {
          source = x + ((image * g.inputHeight + top) * g.inputWidth + left) * channels
          rowStep = g.inputWidth * channels
        } else {
          gatherPatch(x, g, image: image, top: top, left: left, into: patch)
          source = UnsafePointer(patch)
          rowStep = 6 * channels
        }
        let place = target + (tile - tiles.lowerBound) * channels
        var channel = 0
        while channel < channels {
          for column in 0..<6 {
            let d = source + column * channels + channel
            let t = WinogradTransforms.input(WinogradTransforms.six(at: d, step: rowStep))
            WinogradTransforms.store(t, to: columns + column, step: 6)
          }
          for row in 0..<6 {
            let t = WinogradTransforms.input(WinogradTransforms.six(at: columns + row * 6))
            let out = place + row * 6 * plane + channel
            WinogradTransforms.store(t, to: out, step: plane)
          }
          channel += 8
        }
      }
    }
  }

  /// Copies a 6 x 6 input tile that sticks out over the border, with zeros outside.
  private static func gatherPatch(
    _ x: UnsafePointer<Float>, _ g: ConvolutionGeometry, image: Int, top: Int, left: Int,
    into patch: UnsafeMutablePointer<Float>
  ) {
    let channels = g.inputChannels
    patch.update(repeating: 0, count: elements * channels)
    let firstColumn = max(0, -left)
    let lastColumn = min(6, g.inputWidth - left)
    guard firstColumn < lastColumn else { return }
    for row in max(0, -top)..<max(max(0, -top), min(6, g.inputHeight - top)) {
      let source =
        x + ((image * g.inputHeight + top + row) * g.inputWidth + left + firstColumn) * channels
      (patch + (row * 6 + firstColumn) * channels).update(
        from: source, count: (lastColumn - firstColumn) * channels)
    }
  }

  /// `Aᵀ m A`, bias and ReLU for some tiles and output channels.
  private static func transformOutput(
    _ products: UnsafePointer<Float>, plane: Int, _ g: ConvolutionGeometry, _ tiling: Tiling,
    tiles: Range<Int>, channels: Range<Int>, bias: UnsafePointer<Float>?, relu: Bool,
    into y: UnsafeMutablePointer<Float>
  ) {
    let outputs = g.outputChannels
    let floor = Lanes(repeating: relu ? 0 : -.infinity)
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 24) { scratch in
      let columns = scratch.baseAddress!
      for tile in tiles {
        let (image, top, left) = tiling.origin(of: tile)
        let height = min(4, g.outputHeight - top)
        let width = min(4, g.outputWidth - left)
        let place = y + ((image * g.outputHeight + top) * g.outputWidth + left) * outputs
        let rowStep = g.outputWidth * outputs
        let source = products + (tile - tiles.lowerBound) * chunk
        for channel in stride(from: channels.lowerBound, to: channels.upperBound, by: 8) {
          let m = source + (channel - channels.lowerBound)
          for column in 0..<6 {
            let d = m + column * plane
            let t = WinogradTransforms.output(WinogradTransforms.six(at: d, step: 6 * plane))
            columns[column] = t.0
            columns[6 + column] = t.1
            columns[12 + column] = t.2
            columns[18 + column] = t.3
          }
          let shift = bias.map { Lanes(at: $0 + channel) } ?? .zero
          for row in 0..<height {
            let t = WinogradTransforms.output(WinogradTransforms.six(at: columns + row * 6))
            let out = place + row * rowStep + channel
            (t.0 + shift).atLeast(floor).store(to: out)
            if width > 1 { (t.1 + shift).atLeast(floor).store(to: out + outputs) }
            if width > 2 { (t.2 + shift).atLeast(floor).store(to: out + 2 * outputs) }
            if width > 3 { (t.3 + shift).atLeast(floor).store(to: out + 3 * outputs) }
          }
        }
      }
    }
  }
}
