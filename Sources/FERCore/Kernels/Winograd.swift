/// 3 x 3 convolution at stride 1 by Winograd's minimal filtering F(m x m, 3 x 3) (Lavin & Gray 2016).
///
/// ```
/// y tile [m, m] = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ d B) ] A        d: input tile [m + 2, m + 2], overlapping its neighbours by two
/// ```
/// Summed over input channels the ⊙ becomes (m + 2)² matrix products `[tiles, in] · [in, out]`, one for each element of the
/// transformed tile. Tiles over a border are computed whole and stored in part, so they are as exact as the others.
struct Winograd<Form: WinogradForm> {
  let g: ConvolutionGeometry
  let tiling: WinogradTiling
  let threads: Int
  /// The output is stored 2 x 2 max pooled.
  let isPooled: Bool

  init(_ g: ConvolutionGeometry, threads: Int, isPooled: Bool) {
    self.g = g
    self.threads = threads
    self.isPooled = isPooled
    tiling = WinogradTiling(g, Form.self, pooled: isPooled)
  }

  /// Input channels, rounded up to whole vectors.
  var depth: Int { (g.inputChannels + 7) & ~7 }
  private var panels: Int { (g.outputChannels + 15) / 16 }

  // One cache line more than a power of two between the planes: without it they would all fall into the same sets of the
  // cache.
  static var planePad: Int { 16 }

  /// Whether there are too few tiles to give every thread blocks of its own: then all are one block, transformed first,
  /// and the threads share the output channels, so that each weight is read once.
  private var isSmall: Bool { tiling.total <= 96 }
  /// Output channels that are computed together.
  private var chunk: Int { isSmall ? 16 : min(64, panels * 16) }
  /// Tiles of a block: all where they are few, else a multiple of the micro-kernel's six rows, as many as keep operand and
  /// product in the second cache.
  private var block: Int {
    if isSmall { return tiling.total }
    let fitting = 100_000 / (Form.elements * (depth + chunk)) / 6 * 6
    return min(max(12, fitting), 48)
  }
  private var blocks: Int { (tiling.total + block - 1) / block }
  private var inputPlane: Int { block * depth + Self.planePad }
  private var productPlane: Int { block * chunk + Self.planePad }
  private var kernelPlane: Int { depth * panels * 16 + Self.planePad }

  /// Floats of the transformed weights.
  var kernelCount: Int { Form.elements * kernelPlane }

  /// Floats of scratch that `convolve` takes.
  var workspaceCount: Int {
    let transformed = Form.elements * inputPlane
    let own = Form.elements * productPlane + patchCount
    return isSmall ? transformed + threads * own : threads * (transformed + own)
  }
  private var patchCount: Int {
    max(
      WinogradInput<Form>.patchCount(channels: g.inputChannels),
      WinogradOutput<Form>.patchCount(channels: chunk))
  }

  /// Transforms weights `[3, 3, in, out]` into planes `[elements]` of `[out / 16][depth][16]`, padded with zeros.
  /// - Parameter transposed: take the weights turned by 180° and with in and out exchanged, for the input gradient; `g`
  ///   is then the transposed geometry.
  func transformKernel(
    _ weights: UnsafePointer<Float>, transposed: Bool, into packed: UnsafeMutablePointer<Float>,
    pool: WorkerPool
  ) {
    let inputs = g.inputChannels
    let outputs = g.outputChannels
    let (depth, panels, plane) = (depth, panels, kernelPlane)
    // Steps of the stored array [3, 3, in, out] as seen from `g`.
    let inputStep = transposed ? 1 : outputs
    let outputStep = transposed ? inputs : 1
    let tapStep = inputs * outputs
    pool.run(blocks: panels) { _, panel in
      // Three rows of the longest side.
      withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 24) { scratch in
        let columns = scratch.baseAddress!
        for input in 0..<depth {
          // Both halves of a line of the cache, one after the other.
          for half in 0..<2 {
            let first = panel * 16 + half * 8
            let count = min(8, outputs - first)
            let target = packed + panel * depth * 16 + input * 16 + half * 8
            guard count > 0, input < inputs else {
              for element in 0..<Form.elements { Lanes.zero.store(to: target + element * plane) }
              continue
            }
            let source = weights + input * inputStep + first * outputStep
            for column in 0..<3 {
              let line = columns + column
              Form.kernel({ row in
                let index = row * 3 + column
                let tap = source + (transposed ? 8 - index : index) * tapStep
                guard count == 8 else {
                  var lanes = Lanes.zero
                  for lane in 0..<count { lanes[lane] = tap[lane * outputStep] }
                  return lanes
                }
                return Lanes(at: tap, step: outputStep)
              }) { line[$0 * 3] = $1 }
            }
            for row in 0..<Form.side {
              let line = columns + row * 3
              let out = target + row * Form.side * plane
              Form.kernel({ line[$0] }) { $1.store(to: out + $0 * plane) }
            }
          }
        }
      }
    }
  }

  /// `y = x ∗ w (+ bias) (then ReLU) (then pooled)`, overwritten. Reference: `Reference.convolution` (tests).
  ///
  /// x `[batch, height, width, in]` · kernel from `transformKernel` · y `[batch, height, width, out]`, aliases nothing.
  func convolve(
    _ source: ConvolutionSource, kernel: UnsafePointer<Float>, into target: ConvolutionTarget,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let transformedCount = Form.elements * inputPlane
    let productCount = Form.elements * productPlane
    let ownCount = productCount + patchCount
    let input = WinogradInput<Form>(
      height: g.inputHeight, width: g.inputWidth, channels: g.inputChannels, tiling: tiling,
      isGradient: false)
    let output = WinogradOutput<Form>(
      height: g.outputHeight, width: g.outputWidth, channels: g.outputChannels, tiling: tiling,
      target: target, isPooled: isPooled, tileStep: chunk, plane: productPlane)
    let layout = WinogradLayout(plane: inputPlane, tile: depth, panel: 16)
    let (block, chunk, total) = (block, chunk, tiling.total)
    guard isSmall else {
      pool.run(blocks: blocks) { worker, index in
        let transformed = workspace + worker * (transformedCount + ownCount)
        let products = transformed + transformedCount
        let tiles = index * block..<min(total, (index + 1) * block)
        input.transform(
          source, tiles: tiles, into: transformed, layout, patch: products + productCount)
        for first in stride(from: 0, to: g.outputChannels, by: chunk) {
          multiply(transformed, kernel, into: products, tiles: tiles.count, firstOutput: first)
          output.transform(
            products, tiles: tiles, part: first..<min(g.outputChannels, first + chunk),
            patch: products + productCount)
        }
      }
      return
    }
    let own = workspace + transformedCount
    let (unit, depth) = (WinogradInput<Form>.unit, depth)
    pool.run(blocks: (total + unit - 1) / unit) { worker, index in
      let low = index * unit
      input.transform(
        source, tiles: low..<min(total, low + unit), into: workspace + low * depth, layout,
        patch: own + worker * ownCount + productCount)
    }
    pool.run(blocks: (g.outputChannels + chunk - 1) / chunk) { worker, index in
      let first = index * chunk
      let products = own + worker * ownCount
      multiply(workspace, kernel, into: products, tiles: total, firstOutput: first)
      output.transform(
        products, tiles: 0..<total, part: first..<min(g.outputChannels, first + chunk),
        patch: products + productCount)
    }
  }

  /// The products of some tiles for `chunk` output channels.
  private func multiply(
    _ transformed: UnsafePointer<Float>, _ kernel: UnsafePointer<Float>,
    into products: UnsafeMutablePointer<Float>, tiles: Int, firstOutput: Int
  ) {
    let (depth, chunk) = (depth, chunk)
    let (inputPlane, productPlane, kernelPlane) = (inputPlane, productPlane, kernelPlane)
    let firstPanel = firstOutput / 16
    let panelCount = min(chunk / 16, panels - firstPanel)
    for element in 0..<Form.elements {
      let a = transformed + element &* inputPlane
      let c = products + element &* productPlane
      var panel = 0
      while panel < panelCount {
        let b = kernel + (element &* kernelPlane &+ (firstPanel &+ panel) &* depth &* 16)
        let target = c + panel &* 16
        // Two panels at a time where registers hold sixteen floats.
        let isPair = CompiledCPU.hasAVX512 && panel + 1 < panelCount
        var row = 0
        while row + 6 <= tiles {
          if isPair {
            var tile = Tile6x32()
            tile.accumulate(
              steps: depth, a: a + row &* depth, aRow: depth, aStep: 1, b: b, bStep: 16,
              panelStep: depth &* 16)
            tile.store(to: target + row &* chunk, row: chunk)
          } else {
            var tile = Tile6x16()
            tile.accumulate(
              steps: depth, a: a + row &* depth, aRow: depth, aStep: 1, b: b, bStep: 16)
            tile.store(to: target + row &* chunk, row: chunk)
          }
          row &+= 6
        }
        if row < tiles {
          for index in 0..<(isPair ? 2 : 1) {
            lastRows(
              tiles - row, a + row &* depth, b + index &* depth &* 16,
              into: target + (row &* chunk &+ index &* 16))
          }
        }
        panel &+= isPair ? 2 : 1
      }
    }
  }

  /// The products of fewer than six tiles.
  private func lastRows(
    _ rows: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>
  ) {
    switch rows {
    case 1: products(OneRow.self, a, b, into: c)
    case 2: products(TwoRows.self, a, b, into: c)
    case 3: products(ThreeRows.self, a, b, into: c)
    case 4: products(FourRows.self, a, b, into: c)
    default: products(FiveRows.self, a, b, into: c)
    }
  }

  @inline(never)
  private func products<Rows: TileRows>(
    _: Rows.Type, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>
  ) {
    let (depth, chunk) = (depth, chunk)
    var tile = Tile6x16()
    tile.accumulate(
      Rows.self, steps: depth, a: a, aRow: depth, aStep: 1, b: b, bStep: 16)
    tile.store(Rows.self, to: c, row: chunk, width: 16)
  }
}
