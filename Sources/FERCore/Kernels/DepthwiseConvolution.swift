/// Convolution of each channel with kernels of its own, of any size and stride: output channel `c · m + k` comes from input
/// channel c and its k-th kernel of m (the depth multiplier).
///
/// Channels are lanes. With m above one the input's channels are repeated m times while a band of rows is copied;
/// then input, kernel and output all have `c · m` channels and every channel is on its own.
///
/// Every sum is a chain of multiply-adds: relative error below `(taps + 1) · 2⁻²⁴` of Σ|x · w| for an output (the bias is
/// a term), `(output pixels + 8) · 2⁻²⁴` for a weight's gradient, `(taps · m + 1) · 2⁻²⁴` for an input's.
struct DepthwiseConvolution {
  /// The geometry as the windows see it; `outputChannels` is a multiple of `inputChannels`.
  let geometry: ConvolutionGeometry
  /// The same with as many input channels as there are output channels.
  private let wide: ConvolutionGeometry
  private let bands: ConvolutionBands
  private let multiplier: Int
  /// The batch is cut into this many parts at most, each with weight sums of its own, added in order.
  private static let gradientParts = 8

  init(_ g: ConvolutionGeometry) {
    precondition(g.outputChannels % g.inputChannels == 0, "each input channel has as many kernels")
    geometry = g
    multiplier = g.outputChannels / g.inputChannels
    var wide = g
    wide.inputChannels = g.outputChannels
    self.wide = wide
    bands = ConvolutionBands(wide)
  }

  private var channels: Int { geometry.outputChannels }
  private var taps: Int { geometry.kernelHeight * geometry.kernelWidth }
  private var pixelStep: Int { geometry.strideWidth * channels }
  /// Whether the input gradient is a convolution like the forward pass.
  private var turns: Bool {
    geometry.strideHeight == 1 && geometry.strideWidth == 1 && multiplier == 1
  }

  /// Floats of a worker's scratch: a band of the input, and before it the band with its own channels.
  private var bandCount: Int {
    bands.copyCount + (multiplier > 1 ? bands.copyCount / multiplier : 0)
  }

  func workspaceCount(threads: Int) -> Int { threads * bandCount }

  func gradientWorkspaceCount(threads: Int) -> Int {
    let forWeights = Self.gradientParts * taps * channels + threads * bandCount
    let forInput: Int
    if turns {
      forInput =
        taps * channels + DepthwiseConvolution(wide.transposed).workspaceCount(threads: threads)
    } else {
      forInput =
        multiplier > 1 ? threads * geometry.inputHeight * geometry.inputWidth * channels : 0
    }
    return max(forWeights, forInput)
  }

  /// `y = x ∗ w (+ bias) (then ReLU)`, overwritten. Reference: `Reference.depthwiseConvolution` (tests).
  ///
  /// x `[batch, height, width, c]` · weights `[kernelHeight, kernelWidth, c, m]` · bias `[c · m]` · y `[batch, outHeight,
  /// outWidth, c · m]`, aliases nothing.
  func convolve(
    _ x: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    relu: Bool, into y: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>,
    pool: WorkerPool
  ) {
    let g = geometry
    pool.run(blocks: g.batch * bands.perImage) { worker, block in
      let image = block / bands.perImage
      let firstRow = block % bands.perImage * bands.rows
      let rows = min(bands.rows, g.outputHeight - firstRow)
      let (source, rowStep) = input(
        x, image: image, firstRow: firstRow, rows: rows, scratch: workspace + worker * bandCount)
      let tiles = DepthwiseTiles(
        wide, rowStep: rowStep, weights: weights, bias: bias,
        floor: Lanes(repeating: relu ? 0 : -.infinity))
      for row in 0..<rows {
        let line = (image * g.outputHeight + firstRow + row) * g.outputWidth * channels
        tiles.row(source + row * g.strideHeight * rowStep, into: y + line)
      }
    }
  }

  /// `dw [kernelHeight, kernelWidth, c, m]`, overwritten. Reference: `Reference.depthwiseWeightGradient` (tests).
  func weightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, into dw: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let g = geometry
    let count = taps * channels
    let parts = max(1, min(Self.gradientParts, g.batch))
    let imagesPerPart = (g.batch + parts - 1) / parts
    let scratch = workspace + Self.gradientParts * count
    pool.run(blocks: parts) { worker, part in
      let sums = workspace + part * count
      sums.update(repeating: 0, count: count)
      for image in min(g.batch, part * imagesPerPart)..<min(g.batch, (part + 1) * imagesPerPart) {
        for firstRow in stride(from: 0, to: g.outputHeight, by: bands.rows) {
          let rows = min(bands.rows, g.outputHeight - firstRow)
          let (source, rowStep) = input(
            x, image: image, firstRow: firstRow, rows: rows, scratch: scratch + worker * bandCount)
          DepthwiseGradientTiles(wide, rowStep: rowStep, rows: rows).add(
            source, dy + (image * g.outputHeight + firstRow) * g.outputWidth * channels, to: sums)
        }
      }
    }
    pool.run(over: count, grain: 1024) { range in
      for index in range {
        var sum = workspace[index]
        for part in 1..<parts { sum += workspace[part * count + index] }
        dw[index] = sum
      }
    }
  }

  /// `dx [batch, height, width, c]`, overwritten. Reference: `Reference.depthwiseInputGradient` (tests).
  func inputGradient(
    _ dy: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    if turns {
      for tap in 0..<taps {
        (workspace + tap * channels).update(
          from: weights + (taps - 1 - tap) * channels, count: channels)
      }
      DepthwiseConvolution(wide.transposed).convolve(
        dy, weights: workspace, bias: nil, relu: false, into: dx,
        workspace: workspace + taps * channels, pool: pool)
      return
    }
    let g = geometry
    let pixels = g.inputHeight * g.inputWidth
    let outputCount = g.outputHeight * g.outputWidth * channels
    // Windows overlap, so one image's sums belong to one worker.
    pool.run(blocks: g.batch) { worker, image in
      let target = dx + image * pixels * g.inputChannels
      let sums = multiplier > 1 ? workspace + worker * pixels * channels : target
      sums.update(repeating: 0, count: pixels * channels)
      spread(dy + image * outputCount, weights, over: sums)
      guard multiplier > 1 else { return }
      for index in 0..<pixels * g.inputChannels {
        var sum: Float = 0
        for kernel in 0..<multiplier { sum += sums[index * multiplier + kernel] }
        target[index] = sum
      }
    }
  }

  /// Adds one image's output gradient, times the weights, to where each window reads.
  private func spread(
    _ dy: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    over sums: UnsafeMutablePointer<Float>
  ) {
    let g = geometry
    for row in 0..<g.outputHeight {
      for column in 0..<g.outputWidth {
        let gradient = dy + (row * g.outputWidth + column) * channels
        for tapRow in 0..<g.kernelHeight {
          let y = row * g.strideHeight - g.padTop + tapRow
          guard y >= 0, y < g.inputHeight else { continue }
          for tapColumn in 0..<g.kernelWidth {
            let x = column * g.strideWidth - g.padLeft + tapColumn
            guard x >= 0, x < g.inputWidth else { continue }
            let target = sums + (y * g.inputWidth + x) * channels
            let kernel = weights + (tapRow * g.kernelWidth + tapColumn) * channels
            for channel in stride(from: 0, to: channels, by: 8) {
              let count = channels - channel
              var sum = Lanes(at: target + channel, count: count)
              sum.accumulate(
                Lanes(at: gradient + channel, count: count),
                Lanes(at: kernel + channel, count: count))
              sum.store(to: target + channel, count: count)
            }
          }
        }
      }
    }
  }

  /// The rows of input that a band of output reads, each channel repeated for each of its kernels.
  private func input(
    _ x: UnsafePointer<Float>, image: Int, firstRow: Int, rows: Int,
    scratch: UnsafeMutablePointer<Float>
  ) -> (base: UnsafePointer<Float>, rowStep: Int) {
    guard multiplier > 1 else {
      return bands.input(x, image: image, firstRow: firstRow, rows: rows, copy: scratch)
    }
    let repeated = scratch + bands.copyCount / multiplier
    let (source, rowStep) = ConvolutionBands(geometry).input(
      x, image: image, firstRow: firstRow, rows: rows, copy: scratch)
    let inputRows = (rows - 1) * geometry.strideHeight + geometry.kernelHeight
    let line = bands.inputColumns * geometry.inputChannels
    for row in 0..<inputRows {
      let from = source + row * rowStep
      var target = repeated + row * line * multiplier
      for index in 0..<line {
        target.update(repeating: from[index], count: multiplier)
        target += multiplier
      }
    }
    return (UnsafePointer(repeated), line * multiplier)
  }
}
