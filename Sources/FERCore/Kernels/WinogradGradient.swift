/// The weight gradient of a 3 x 3 convolution in Winograd's form:
///
/// ```
/// dw [3, 3] = Gᵀ [ Σ over tiles (Bᵀ d B) ⊙ (A dy Aᵀ) ] G
/// ```
/// where d is a 6 x 6 input tile and dy the 4 x 4 output gradient it led to. For each of the 36 elements the sum over
/// tiles is a matrix product `[in, tiles] · [tiles, out]`.
extension Winograd {
  /// How the sum over tiles is cut: chunks of tiles whose transforms stay in the outer cache.
  private struct GradientPlan {
    let tiling: Tiling
    let chunkTiles: Int
    /// Tiles that are transformed as one unit of work.
    let transformTiles = 12
    let paddedInputs: Int
    let paddedOutputs: Int
    let inputPlane: Int
    let outputPlane: Int

    init(_ g: ConvolutionGeometry) {
      tiling = Tiling(g)
      // 6 MB of transforms at a time; at least 48 tiles, so that loading and storing the sums does not dominate.
      let fitting = 1_500_000 / (elements * (g.inputChannels + g.outputChannels))
      chunkTiles = min(max(48, fitting / 12 * 12), (tiling.total + 11) / 12 * 12)
      paddedInputs = (g.inputChannels + 5) / 6 * 6
      paddedOutputs = paddedChannels(g.outputChannels)
      inputPlane = chunkTiles * g.inputChannels + 16
      outputPlane = chunkTiles * g.outputChannels + 16
    }

    func count(_ g: ConvolutionGeometry, threads: Int) -> Int {
      elements * (inputPlane + outputPlane + paddedInputs * paddedOutputs)
        + threads * elements * max(g.inputChannels, g.outputChannels)
    }
  }

  /// Floats of scratch that `weightGradient` takes.
  static func gradientWorkspaceCount(_ g: ConvolutionGeometry, threads: Int) -> Int {
    GradientPlan(g).count(g, threads: threads)
  }

  /// `dw [3, 3, in, out]`, overwritten. Reference: `Reference.convolutionWeightGradient` (tests).
  static func weightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    into dw: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let plan = GradientPlan(g)
    let tiling = plan.tiling
    let inputs = g.inputChannels
    let outputs = g.outputChannels
    let transformed = workspace
    let gradients = transformed + elements * plan.inputPlane
    let sums = gradients + elements * plan.outputPlane
    let sumPlane = plan.paddedInputs * plan.paddedOutputs
    let patches = sums + elements * sumPlane
    let patchCount = elements * max(inputs, outputs)

    var first = 0
    while first < tiling.total {
      let count = min(plan.chunkTiles, tiling.total - first)
      let start = first
      pool.run(blocks: (count + plan.transformTiles - 1) / plan.transformTiles) { worker, block in
        let low = start + block * plan.transformTiles
        let tiles = low..<min(start + count, low + plan.transformTiles)
        let patch = patches + worker * patchCount
        transformInput(
          x, g, tiling, tiles: tiles, into: transformed + (low - start) * inputs,
          plane: plan.inputPlane, patch: patch)
        transformOutputGradient(
          dy, g, tiling, tiles: tiles, into: gradients + (low - start) * outputs,
          plane: plan.outputPlane, patch: patch)
      }
      // Twelve rows of inputs are a unit of work: enough units for many cores, whatever the channels.
      let rowBlocks = (plan.paddedInputs + 11) / 12
      pool.run(blocks: elements * rowBlocks) { _, block in
        let element = block / rowBlocks
        let firstRow = block % rowBlocks * 12
        let a = transformed + element * plan.inputPlane
        let b = gradients + element * plan.outputPlane
        let c = sums + element * sumPlane
        for column in stride(from: 0, to: plan.paddedOutputs, by: 16) {
          for row in stride(from: firstRow, to: min(firstRow + 12, plan.paddedInputs), by: 6) {
            // Rows and columns of the padding read whatever lies behind; their sums are never looked at.
            var tile = Tile6x16()
            let target = c + row * plan.paddedOutputs + column
            if start > 0 { tile.load(from: target, row: plan.paddedOutputs) }
            tile.accumulate(
              steps: count, a: a + row, aRow: 1, aStep: inputs, b: b + column, bStep: outputs)
            tile.store(to: target, row: plan.paddedOutputs)
          }
        }
      }
      first += count
    }
    transformBack(sums, plane: sumPlane, row: plan.paddedOutputs, into: dw, g, pool: pool)
  }

  /// `A dy Aᵀ` of some tiles, laid out as `transformInput` does.
  private static func transformOutputGradient(
    _ dy: UnsafePointer<Float>, _ g: ConvolutionGeometry, _ tiling: Tiling, tiles: Range<Int>,
    into target: UnsafeMutablePointer<Float>, plane: Int, patch: UnsafeMutablePointer<Float>
  ) {
    let channels = g.outputChannels
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 24) { scratch in
      let columns = scratch.baseAddress!
      for tile in tiles {
        let (image, top, left) = tiling.origin(of: tile)
        let height = min(4, g.outputHeight - top)
        let width = min(4, g.outputWidth - left)
        var source = dy + ((image * g.outputHeight + top) * g.outputWidth + left) * channels
        var rowStep = g.outputWidth * channels
        if height < 4 || width < 4 {
          patch.update(repeating: 0, count: 16 * channels)
          for row in 0..<height {
            (patch + row * 4 * channels).update(
              from: source + row * rowStep, count: width * channels)
          }
          source = UnsafePointer(patch)
          rowStep = 4 * channels
        }
        let place = target + (tile - tiles.lowerBound) * channels
        var channel = 0
        while channel < channels {
          for column in 0..<4 {
            let d = source + column * channels + channel
            let t = WinogradTransforms.outputGradient(
              (
                Lanes(at: d), Lanes(at: d + rowStep), Lanes(at: d + 2 * rowStep),
                Lanes(at: d + 3 * rowStep)
              ))
            WinogradTransforms.store(t, to: columns + column, step: 4)
          }
          for row in 0..<6 {
            let line = columns + row * 4
            let t = WinogradTransforms.outputGradient((line[0], line[1], line[2], line[3]))
            let out = place + row * 6 * plane + channel
            WinogradTransforms.store(t, to: out, step: plane)
          }
          channel += 8
        }
      }
    }
  }

  /// `Gᵀ m G` of the sums, into Keras' `[3, 3, in, out]`.
  private static func transformBack(
    _ sums: UnsafePointer<Float>, plane: Int, row: Int, into dw: UnsafeMutablePointer<Float>,
    _ g: ConvolutionGeometry, pool: WorkerPool
  ) {
    let inputs = g.inputChannels
    let outputs = g.outputChannels
    pool.run(over: inputs, grain: 4) { range in
      withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 18) { scratch in
        let columns = scratch.baseAddress!
        for input in range {
          for output in stride(from: 0, to: outputs, by: 8) {
            let m = sums + input * row + output
            for column in 0..<6 {
              let d = m + column * plane
              let t = WinogradTransforms.kernelGradient(
                WinogradTransforms.six(at: d, step: 6 * plane))
              columns[column] = t.0
              columns[6 + column] = t.1
              columns[12 + column] = t.2
            }
            for tapRow in 0..<3 {
              let t = WinogradTransforms.kernelGradient(
                WinogradTransforms.six(at: columns + tapRow * 6))
              let target = dw + (tapRow * 3 * inputs + input) * outputs + output
              t.0.store(to: target)
              t.1.store(to: target + inputs * outputs)
              t.2.store(to: target + 2 * inputs * outputs)
            }
          }
        }
      }
    }
  }
}
