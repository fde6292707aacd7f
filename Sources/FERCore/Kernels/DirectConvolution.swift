/// Convolution of any kernel size and stride as matrix products over gathered patches (Chellapilla et al. 2006). Patches
/// are gathered a block at a time into scratch that stays in cache; the whole patch matrix never exists.
enum DirectConvolution {
  /// Output pixels of a unit of work.
  private static let pixelBlock = 96
  /// The batch is cut into this many parts at most, each with weight sums of its own, added in order.
  private static let gradientParts = 8

  /// Floats of the packed kernel.
  static func kernelCount(_ g: ConvolutionGeometry) -> Int {
    Gemm.packedCount(depth: g.depth, columns: g.outputChannels)
  }

  static func workspaceCount(_ g: ConvolutionGeometry, threads: Int) -> Int {
    g.isPointwise ? 0 : threads * pixelBlock * g.depth
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
    pool.run(blocks: (g.outputPixels + pixelBlock - 1) / pixelBlock) { worker, block in
      let first = block * pixelBlock
      let count = min(pixelBlock, g.outputPixels - first)
      let a: MatrixOperand
      if g.isPointwise {
        a = MatrixOperand(x + first * g.depth, rowStep: g.depth)
      } else {
        let patches = workspace + worker * pixelBlock * g.depth
        gather(x, g, pixels: first..<first + count, into: patches)
        a = MatrixOperand(patches, rowStep: g.depth)
      }
      let target = y + first * outputs
      Gemm.multiplyBlock(
        a, kernel, target, cRow: outputs, rows: 0..<count, columns: 0..<outputs, depth: g.depth,
        accumulate: false)
      if bias != nil || relu {
        Kernels.finishRows(target, rows: count, columns: outputs, bias: bias, relu: relu)
      }
    }
  }

  static func gradientWorkspaceCount(_ g: ConvolutionGeometry, threads: Int) -> Int {
    let weightSums = gradientParts * g.depth * g.outputChannels
    let perWorker =
      pixelBlock * g.depth + Gemm.packedCount(depth: pixelBlock, columns: g.outputChannels)
    let forInput = Gemm.packedCount(depth: g.outputChannels, columns: g.depth)
    return weightSums + forInput + threads * perWorker
  }

  /// `dw [kernelHeight, kernelWidth, in, out]`, overwritten. Reference: `Reference.convolutionWeightGradient`.
  static func weightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, into dw: UnsafeMutablePointer<Float>,
    _ g: ConvolutionGeometry, workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let outputs = g.outputChannels
    let pixelsPerImage = g.outputHeight * g.outputWidth
    let parts = min(gradientParts, g.batch)
    let imagesPerPart = (g.batch + parts - 1) / parts
    let count = g.depth * outputs
    let packedCount = Gemm.packedCount(depth: pixelBlock, columns: outputs)
    let scratch = workspace + gradientParts * count
    pool.run(blocks: parts) { worker, part in
      let sums = workspace + part * count
      let patches = scratch + worker * (pixelBlock * g.depth + packedCount)
      let packed = patches + pixelBlock * g.depth
      sums.update(repeating: 0, count: count)
      let end = min(g.batch, (part + 1) * imagesPerPart) * pixelsPerImage
      var first = min(g.batch, part * imagesPerPart) * pixelsPerImage
      while first < end {
        let pixels = min(pixelBlock, end - first)
        let source: UnsafePointer<Float>
        if g.isPointwise {
          source = x + first * g.depth
        } else {
          gather(x, g, pixels: first..<first + pixels, into: patches)
          source = UnsafePointer(patches)
        }
        Gemm.pack(
          MatrixOperand(dy + first * outputs, rowStep: outputs), depth: pixels, columns: outputs,
          into: packed, pool: .caller)
        Gemm.multiplyBlock(
          MatrixOperand(source, rowStep: 1, columnStep: g.depth), packed, sums, cRow: outputs,
          rows: 0..<g.depth, columns: 0..<outputs, depth: pixels, accumulate: true)
        first += pixels
      }
    }
    pool.run(over: count, grain: Kernels.elementGrain) { range in
      for i in range {
        var sum = workspace[i]
        for part in 1..<max(parts, 1) { sum += workspace[part * count + i] }
        dw[i] = sum
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

  /// The patch of each output pixel, `[kernelHeight, kernelWidth, in]`, zeros outside the image.
  private static func gather(
    _ x: UnsafePointer<Float>, _ g: ConvolutionGeometry, pixels: Range<Int>,
    into patches: UnsafeMutablePointer<Float>
  ) {
    let rowCount = g.kernelWidth * g.inputChannels
    forEachPatch(g, pixels: pixels) { index, image, top, left, columns in
      let patch = patches + index * g.depth
      for row in 0..<g.kernelHeight {
        let target = patch + row * rowCount
        let y = top + row
        guard y >= 0, y < g.inputHeight, !columns.isEmpty else {
          target.update(repeating: 0, count: rowCount)
          continue
        }
        let before = columns.lowerBound * g.inputChannels
        let inside = columns.count * g.inputChannels
        let source = x + ((image * g.inputHeight + y) * g.inputWidth + left) * g.inputChannels
        for i in 0..<before { target[i] = 0 }
        for i in before..<before + inside { target[i] = source[i] }
        for i in (before + inside)..<rowCount { target[i] = 0 }
      }
    }
  }

  /// The transpose of `gather`: adds every patch back to where it came from.
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
