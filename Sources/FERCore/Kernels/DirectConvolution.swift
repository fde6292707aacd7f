/// Convolution of any kernel size and stride as matrix products that read the image in place: in NHWC one row of a patch
/// is contiguous, so a product over `[kernelHeight][kernelWidth · in]` needs no gathered patches, only a copy with zeros
/// around it where the kernel sticks out over the border.
///
/// Every sum is a chain of multiply-adds, or some chains added in order. Relative error, by pass:
/// - an output: below `(depth + 1) · 2⁻²⁴` of Σ|x · w|, the bias being a term; pointwise chains end at 256 terms and the bias
///   comes last, which is never more;
/// - a weight's gradient: below `(pixels + 8) · 2⁻²⁴` of Σ|x · dy|, pixels being the outputs of an eighth of the batch,
///   rounded up to whole images: a chain, and the eight that are added;
/// - an input's gradient: below `(taps · out + 1) · 2⁻²⁴` of Σ|dy · w|.
enum DirectConvolution {
  /// The batch is cut into this many parts at most, each with weight sums of its own, added in order.
  private static let gradientParts = 8

  /// Floats of the packed kernel.
  static func kernelCount(_ g: ConvolutionGeometry) -> Int {
    Gemm.packedCount(depth: g.depth, columns: g.outputChannels)
  }

  static func workspaceCount(_ g: ConvolutionGeometry, threads: Int) -> Int {
    threads * ConvolutionBands(g).copyCount
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
    let outputs = g.outputChannels
    if g.isPointwise {
      pool.run(over: g.outputPixels, grain: 2 * ConvolutionBands.pixels) { pixels in
        let target = y + pixels.lowerBound * outputs
        Gemm.multiply(
          MatrixOperand(x + pixels.lowerBound * g.depth, rowStep: g.depth), packed: kernel,
          into: target, cRow: outputs, rows: pixels.count, columns: outputs, depth: g.depth)
        if bias != nil || relu {
          Kernels.finishRows(
            target, rows: pixels.count, columns: outputs, rowStep: outputs, bias: bias, relu: relu)
        }
      }
      return
    }
    let bands = ConvolutionBands(g)
    pool.run(blocks: g.batch * bands.perImage) { worker, block in
      let image = block / bands.perImage
      let firstRow = block % bands.perImage * bands.rows
      let rows = min(bands.rows, g.outputHeight - firstRow)
      let (source, rowStep) = bands.input(
        x, image: image, firstRow: firstRow, rows: rows,
        copy: workspace + worker * bands.copyCount)
      let target = y + (image * g.outputHeight + firstRow) * g.outputWidth * outputs
      for column in stride(from: 0, to: outputs, by: 16) {
        let tiles = ConvolutionTiles(
          g, rowStep: rowStep, panel: kernel + column * g.depth, width: min(16, outputs - column),
          bias: bias.map { $0 + column }, relu: relu)
        for row in 0..<rows {
          tiles.row(
            source + row * g.strideHeight * rowStep,
            into: target + row * g.outputWidth * outputs + column, pixels: g.outputWidth)
        }
      }
    }
  }

  private static func paddedOutputs(_ g: ConvolutionGeometry) -> Int {
    (g.outputChannels + 15) / 16 * 16
  }
  /// Floats of a copy of a band's output gradient whose rows may be read in whole vectors past the last channel.
  private static func gradientCopyCount(_ g: ConvolutionGeometry) -> Int {
    ConvolutionBands(g).rows * g.outputWidth * g.outputChannels + 16
  }

  static func gradientWorkspaceCount(_ g: ConvolutionGeometry, threads: Int) -> Int {
    let weightSums = gradientParts * g.depth * paddedOutputs(g)
    let perWorker = ConvolutionBands(g).copyCount + gradientCopyCount(g)
    let forInput: Int
    if g.strideHeight == 1, g.strideWidth == 1 {
      let t = g.transposed
      forInput = kernelCount(t) + workspaceCount(t, threads: threads)
    } else {
      forInput =
        Gemm.packedCount(depth: g.outputChannels, columns: g.depth)
        + threads * ConvolutionBands.pixels * g.depth
    }
    return max(weightSums + threads * perWorker, forInput)
  }

  /// `dw [kernelHeight, kernelWidth, in, out]`, overwritten. Reference: `Reference.convolutionWeightGradient`.
  static func weightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, into dw: UnsafeMutablePointer<Float>,
    _ g: ConvolutionGeometry, workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let bands = ConvolutionBands(g)
    let outputs = g.outputChannels
    let sumRow = paddedOutputs(g)
    let count = g.depth * sumRow
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
          let (source, rowStep) = bands.input(
            x, image: image, firstRow: firstRow, rows: rows, copy: copy)
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
    let tiles = GradientTiles(g, rowStep: rowStep, gradient: gradient, rows: rows, sumRow: sumRow)
    var element = 0
    while element < g.depth {
      let height = Gemm.stripRows(left: g.depth - element)
      for column in stride(from: 0, to: g.outputChannels, by: 16) {
        tiles.add(
          source, elements: element..<element + height, column: column,
          to: sums + element * sumRow + column)
      }
      element += height
    }
  }

  /// `dx`, overwritten. Reference: `Reference.convolutionInputGradient` (tests).
  ///
  /// At stride 1 it is itself a convolution, of the output gradient with the kernel turned by 180°; otherwise every output
  /// pixel's gradient is spread over its patch.
  static func inputGradient(
    _ dy: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let packed = workspace
    if g.strideHeight == 1, g.strideWidth == 1 {
      let t = g.transposed
      packTurnedKernel(weights, t, into: packed, pool: pool)
      convolve(
        dy, kernel: packed, bias: nil, relu: false, into: dx, t,
        workspace: packed + kernelCount(t), pool: pool)
      return
    }
    let outputs = g.outputChannels
    let scratch = workspace + Gemm.packedCount(depth: outputs, columns: g.depth)
    // wᵀ [out, depth]: the columns of the stored [depth, out].
    Gemm.pack(
      MatrixOperand(weights, rowStep: 1, columnStep: outputs), depth: outputs, columns: g.depth,
      into: packed, pool: pool)
    let pixelsPerImage = g.outputHeight * g.outputWidth
    let inputCount = g.inputHeight * g.inputWidth * g.inputChannels
    // Patches overlap, so one image's sums belong to one worker.
    pool.run(blocks: g.batch) { worker, image in
      let patches = scratch + worker * ConvolutionBands.pixels * g.depth
      (dx + image * inputCount).update(repeating: 0, count: inputCount)
      var first = image * pixelsPerImage
      let end = first + pixelsPerImage
      while first < end {
        let pixels = min(ConvolutionBands.pixels, end - first)
        Gemm.multiply(
          MatrixOperand(dy + first * outputs, rowStep: outputs), packed: packed, into: patches,
          cRow: g.depth, rows: pixels, columns: g.depth, depth: outputs)
        scatter(patches, g, pixels: first..<first + pixels, addingTo: dx)
        first += pixels
      }
    }
  }

  /// Packs `[kernelHeight, kernelWidth, in, out]` turned by 180° and with in and out exchanged; `t` is the transposed
  /// geometry.
  private static func packTurnedKernel(
    _ weights: UnsafePointer<Float>, _ t: ConvolutionGeometry,
    into packed: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let taps = t.kernelHeight * t.kernelWidth
    let count = t.inputChannels
    pool.run(blocks: (t.outputChannels + 15) / 16) { _, panel in
      for tap in 0..<taps {
        let source = weights + (taps - 1 - tap) * count * t.outputChannels
        Gemm.packPanels(
          MatrixOperand(source, rowStep: 1, columnStep: count), from: (0, panel * 16),
          depth: count, columns: min(16, t.outputChannels - panel * 16),
          into: packed + (panel * t.depth + tap * count) * 16)
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
