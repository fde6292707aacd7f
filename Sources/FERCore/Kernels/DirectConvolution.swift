/// Convolution of any kernel size and stride as matrix products that read the image in place: in NHWC one row of a patch
/// is contiguous, so a product over `[kernelHeight][kernelWidth · in]` needs no gathered patches, only a copy with zeros
/// around it where the kernel sticks out over the border.
///
/// Every sum is one chain of multiply-adds over `depth` terms: relative error below `depth · 2⁻²⁴` of Σ|x · w|.
enum DirectConvolution {
  /// Output pixels of a unit of work, about.
  private static let pixelBlock = 96
  /// The batch is cut into this many parts at most, each with weight sums of its own, added in order.
  private static let gradientParts = 8

  /// Rows of output that are computed as one unit of work, and the part of the input they read.
  private struct Bands {
    let rows: Int
    let perImage: Int
    let inputRows: Int
    let inputColumns: Int
    /// Floats of a zero-padded copy.
    let copyCount: Int

    init(_ g: ConvolutionGeometry) {
      rows = min(g.outputHeight, max(1, pixelBlock / g.outputWidth))
      perImage = (g.outputHeight + rows - 1) / rows
      inputRows = (rows - 1) * g.strideHeight + g.kernelHeight
      inputColumns = (g.outputWidth - 1) * g.strideWidth + g.kernelWidth
      copyCount = inputRows * inputColumns * g.inputChannels
    }
  }

  /// Floats of the packed kernel.
  static func kernelCount(_ g: ConvolutionGeometry) -> Int {
    Gemm.packedCount(depth: g.depth, columns: g.outputChannels)
  }

  static func workspaceCount(_ g: ConvolutionGeometry, threads: Int) -> Int {
    threads * Bands(g).copyCount
  }

  /// Packs `[kernelHeight, kernelWidth, in, out]` for `convolve`.
  static func packKernel(
    _ weights: UnsafePointer<Float>, _ g: ConvolutionGeometry,
    into packed: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    Gemm.pack(
      MatrixOperand(weights, rowStep: g.outputChannels), depth: g.depth,
      columns: g.outputChannels, into: packed, pool: pool)
  }

  /// `y = x ∗ w (+ bias) (then ReLU)`, overwritten. Reference: `Reference.convolution` (tests).
  static func convolve(
    _ x: UnsafePointer<Float>, kernel: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    relu: Bool, into y: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let bands = Bands(g)
    let outputs = g.outputChannels
    let line = g.kernelWidth * g.inputChannels
    let pixelStep = g.strideWidth * g.inputChannels
    pool.run(blocks: g.batch * bands.perImage) { worker, block in
      let image = block / bands.perImage
      let firstRow = block % bands.perImage * bands.rows
      let rows = min(bands.rows, g.outputHeight - firstRow)
      let (source, rowStep) = band(
        x, g, bands, image: image, firstRow: firstRow, rows: rows,
        copy: workspace + worker * bands.copyCount)
      let target = y + (image * g.outputHeight + firstRow) * g.outputWidth * outputs
      for column in stride(from: 0, to: outputs, by: 16) {
        let panel = kernel + column * g.depth
        let width = min(16, outputs - column)
        for row in 0..<rows {
          for first in stride(from: 0, to: g.outputWidth, by: 6) {
            let a = source + row * g.strideHeight * rowStep + first * pixelStep
            let c = target + (row * g.outputWidth + first) * outputs + column
            let height = min(6, g.outputWidth - first)
            var tile = Tile6x16()
            if height == 6 {
              for tap in 0..<g.kernelHeight {
                tile.accumulate(
                  steps: line, a: a + tap * rowStep, aRow: pixelStep, aStep: 1,
                  b: panel + tap * line * 16, bStep: 16)
              }
            } else {
              accumulateEdge(
                &tile, a, pixels: height, pixelStep: pixelStep, rowStep: rowStep, line: line,
                taps: g.kernelHeight, panel: panel)
            }
            if height == 6, width == 16 {
              tile.store(to: c, row: outputs)
            } else {
              tile.store(to: c, row: outputs, height: height, width: width)
            }
          }
        }
      }
      if bias != nil || relu {
        Kernels.finishRows(
          target, rows: rows * g.outputWidth, columns: outputs, bias: bias, relu: relu)
      }
    }
  }

  /// Fewer than six pixels are left in a row: the missing ones repeat the last.
  @inline(never)
  private static func accumulateEdge(
    _ tile: inout Tile6x16, _ a: UnsafePointer<Float>, pixels: Int, pixelStep: Int, rowStep: Int,
    line: Int, taps: Int, panel: UnsafePointer<Float>
  ) {
    let pixel = { (index: Int) in a + min(index, pixels - 1) * pixelStep }
    for tap in 0..<taps {
      let down = tap * rowStep
      tile.accumulate(
        steps: line, pixel(0) + down, pixel(1) + down, pixel(2) + down, pixel(3) + down,
        pixel(4) + down, pixel(5) + down, aStep: 1, b: panel + tap * line * 16, bStep: 16)
    }
  }

  /// The input that a band of output rows reads, and the floats between its rows: in place where it lies inside the
  /// image, else copied with zeros around it.
  private static func band(
    _ x: UnsafePointer<Float>, _ g: ConvolutionGeometry, _ bands: Bands, image: Int, firstRow: Int,
    rows: Int, copy: UnsafeMutablePointer<Float>
  ) -> (base: UnsafePointer<Float>, rowStep: Int) {
    let channels = g.inputChannels
    let top = firstRow * g.strideHeight - g.padTop
    let inputRows = (rows - 1) * g.strideHeight + g.kernelHeight
    let start = x + image * g.inputHeight * g.inputWidth * channels
    let columns = bands.inputColumns
    if g.padLeft == 0, columns <= g.inputWidth, top >= 0, top + inputRows <= g.inputHeight {
      return (start + top * g.inputWidth * channels, g.inputWidth * channels)
    }
    let inside = min(columns - g.padLeft, g.inputWidth)
    for row in 0..<inputRows {
      let line = copy + row * columns * channels
      guard top + row >= 0, top + row < g.inputHeight, inside > 0 else {
        line.update(repeating: 0, count: columns * channels)
        continue
      }
      line.update(repeating: 0, count: g.padLeft * channels)
      (line + g.padLeft * channels).update(
        from: start + (top + row) * g.inputWidth * channels, count: inside * channels)
      (line + (g.padLeft + inside) * channels).update(
        repeating: 0, count: (columns - g.padLeft - inside) * channels)
    }
    return (UnsafePointer(copy), columns * channels)
  }

  private static func paddedDepth(_ g: ConvolutionGeometry) -> Int { (g.depth + 5) / 6 * 6 }
  private static func paddedOutputs(_ g: ConvolutionGeometry) -> Int {
    (g.outputChannels + 15) / 16 * 16
  }
  /// Floats of a copy of a band's output gradient whose rows may be read in whole vectors past the last channel.
  private static func gradientCopyCount(_ g: ConvolutionGeometry) -> Int {
    Bands(g).rows * g.outputWidth * g.outputChannels + 16
  }

  static func gradientWorkspaceCount(_ g: ConvolutionGeometry, threads: Int) -> Int {
    let weightSums = gradientParts * paddedDepth(g) * paddedOutputs(g)
    let perWorker = Bands(g).copyCount + gradientCopyCount(g)
    let forInput =
      Gemm.packedCount(depth: g.outputChannels, columns: g.depth) + threads * pixelBlock * g.depth
    return max(weightSums + threads * perWorker, forInput)
  }

  /// `dw [kernelHeight, kernelWidth, in, out]`, overwritten. Reference: `Reference.convolutionWeightGradient`.
  static func weightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, into dw: UnsafeMutablePointer<Float>,
    _ g: ConvolutionGeometry, workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let bands = Bands(g)
    let outputs = g.outputChannels
    let sumRow = paddedOutputs(g)
    let count = paddedDepth(g) * sumRow
    let parts = min(gradientParts, g.batch)
    let imagesPerPart = (g.batch + parts - 1) / parts
    let scratch = workspace + gradientParts * count
    let perWorker = bands.copyCount + gradientCopyCount(g)
    pool.run(blocks: parts) { worker, part in
      let sums = workspace + part * count
      let copy = scratch + worker * perWorker
      sums.update(repeating: 0, count: count)
      for image in min(g.batch, part * imagesPerPart)..<min(g.batch, (part + 1) * imagesPerPart) {
        for firstRow in stride(from: 0, to: g.outputHeight, by: bands.rows) {
          let rows = min(bands.rows, g.outputHeight - firstRow)
          let (source, rowStep) = band(
            x, g, bands, image: image, firstRow: firstRow, rows: rows, copy: copy)
          var gradient = dy + (image * g.outputHeight + firstRow) * g.outputWidth * outputs
          if outputs % 16 != 0 {
            let gradientCopy = copy + bands.copyCount
            gradientCopy.update(from: gradient, count: rows * g.outputWidth * outputs)
            gradient = UnsafePointer(gradientCopy)
          }
          addBand(
            source, rowStep: rowStep, gradient, rows: rows, g, into: sums, sumRow: sumRow)
        }
      }
    }
    pool.run(over: g.depth, grain: 16) { range in
      for row in range {
        for column in 0..<outputs {
          var sum = workspace[row * sumRow + column]
          for part in 1..<max(parts, 1) { sum += workspace[part * count + row * sumRow + column] }
          dw[row * outputs + column] = sum
        }
      }
    }
  }

  /// `sums[e, c] += Σ over the band's pixels of patch element e times output gradient c`.
  private static func addBand(
    _ source: UnsafePointer<Float>, rowStep: Int, _ gradient: UnsafePointer<Float>, rows: Int,
    _ g: ConvolutionGeometry, into sums: UnsafeMutablePointer<Float>, sumRow: Int
  ) {
    let line = g.kernelWidth * g.inputChannels
    let pixelStep = g.strideWidth * g.inputChannels
    for first in stride(from: 0, to: g.depth, by: 6) {
      // Where each of six patch elements lies for the band's first pixel; past the end the last one is repeated, and its
      // sums are never looked at.
      let element = { (index: Int) -> UnsafePointer<Float> in
        let e = min(first + index, g.depth - 1)
        return source + e / line * rowStep + e % line
      }
      let e0 = element(0)
      let e1 = element(1)
      let e2 = element(2)
      let e3 = element(3)
      let e4 = element(4)
      let e5 = element(5)
      for column in stride(from: 0, to: sumRow, by: 16) {
        let target = sums + first * sumRow + column
        var tile = Tile6x16()
        tile.load(from: target, row: sumRow)
        for row in 0..<rows {
          let down = row * g.strideHeight * rowStep
          tile.accumulate(
            steps: g.outputWidth, e0 + down, e1 + down, e2 + down, e3 + down, e4 + down, e5 + down,
            aStep: pixelStep, b: gradient + row * g.outputWidth * g.outputChannels + column,
            bStep: g.outputChannels)
        }
        tile.store(to: target, row: sumRow)
      }
    }
  }

  /// `dx`, overwritten. Reference: `Reference.convolutionInputGradient` (tests).
  static func inputGradient(
    _ dy: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let outputs = g.outputChannels
    let packed = workspace
    let scratch = workspace + Gemm.packedCount(depth: outputs, columns: g.depth)
    // wᵀ [out, depth]: the columns of the stored [depth, out].
    Gemm.pack(
      MatrixOperand(weights, rowStep: 1, columnStep: outputs), depth: outputs, columns: g.depth,
      into: packed, pool: pool)
    if g.isPointwise {
      Gemm.multiply(
        MatrixOperand(dy, rowStep: outputs), packed: packed, into: dx, cRow: g.depth,
        rows: g.outputPixels, columns: g.depth, depth: outputs, accumulate: false, pool: pool)
      return
    }
    let pixelsPerImage = g.outputHeight * g.outputWidth
    let inputCount = g.inputHeight * g.inputWidth * g.inputChannels
    // Patches overlap, so one image's sums belong to one worker.
    pool.run(blocks: g.batch) { worker, image in
      let patches = scratch + worker * pixelBlock * g.depth
      (dx + image * inputCount).update(repeating: 0, count: inputCount)
      var first = image * pixelsPerImage
      let end = first + pixelsPerImage
      while first < end {
        let pixels = min(pixelBlock, end - first)
        Gemm.multiplyBlock(
          MatrixOperand(dy + first * outputs, rowStep: outputs), packed, patches, cRow: g.depth,
          rows: 0..<pixels, columns: 0..<g.depth, depth: outputs, accumulate: false)
        scatter(patches, g, pixels: first..<first + pixels, addingTo: dx)
        first += pixels
      }
    }
  }

  /// Adds the gradient of every patch `[kernelHeight, kernelWidth, in]` to where the patch came from.
  private static func scatter(
    _ patches: UnsafePointer<Float>, _ g: ConvolutionGeometry, pixels: Range<Int>,
    addingTo dx: UnsafeMutablePointer<Float>
  ) {
    let rowCount = g.kernelWidth * g.inputChannels
    forEachPatch(g, pixels: pixels) { index, image, top, left, columns in
      let patch = patches + index * g.depth
      for row in 0..<g.kernelHeight {
        let y = top + row
        guard y >= 0, y < g.inputHeight, !columns.isEmpty else { continue }
        let source = patch + row * rowCount
        let target = dx + ((image * g.inputHeight + y) * g.inputWidth + left) * g.inputChannels
        let before = columns.lowerBound * g.inputChannels
        for i in before..<before + columns.count * g.inputChannels { target[i] += source[i] }
      }
    }
  }

  /// Calls `body(index, image, top, left, columns)` for each pixel; `columns` are the kernel's columns that lie inside.
  @inline(__always)
  private static func forEachPatch(
    _ g: ConvolutionGeometry, pixels: Range<Int>,
    _ body: (_ index: Int, _ image: Int, _ top: Int, _ left: Int, _ columns: Range<Int>) -> Void
  ) {
    let pixelsPerImage = g.outputHeight * g.outputWidth
    var image = pixels.lowerBound / pixelsPerImage
    var row = pixels.lowerBound % pixelsPerImage / g.outputWidth
    var column = pixels.lowerBound % g.outputWidth
    for index in 0..<pixels.count {
      let left = column * g.strideWidth - g.padLeft
      let low = min(max(0, -left), g.kernelWidth)
      let high = max(low, min(g.kernelWidth, g.inputWidth - left))
      body(index, image, row * g.strideHeight - g.padTop, left, low..<high)
      column += 1
      if column == g.outputWidth {
        column = 0
        row += 1
        if row == g.outputHeight {
          row = 0
          image += 1
        }
      }
    }
  }
}
