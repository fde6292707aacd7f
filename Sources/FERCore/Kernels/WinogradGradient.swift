/// The weight gradient of a 3 x 3 convolution in Winograd's form:
///
/// ```
/// dw [3, 3] = Gᵀ [ Σ over tiles (Bᵀ d B) ⊙ (A dy Aᵀ) ] G
/// ```
/// where d is an input tile and dy the output gradient it led to. For each element the sum over tiles is a matrix product
/// `[in, tiles] · [tiles, out]`; both operands are laid out in panels of sixteen channels, so that the micro-kernel reads
/// them from one end to the other.
struct WinogradGradient<Form: WinogradForm> {
  let g: ConvolutionGeometry
  let tiling: WinogradTiling
  let threads: Int
  /// Tiles whose transforms are held at a time.
  let chunkTiles: Int

  init(_ g: ConvolutionGeometry, threads: Int) {
    self.g = g
    self.threads = threads
    tiling = WinogradTiling(g, Form.self, pooled: false)
    let inputs = (g.inputChannels + 15) & ~15
    let outputs = (g.outputChannels + 15) & ~15
    // 6 MB of transforms stay in the outer cache, and a panel of each operand in the first one; at least 48 tiles, so that
    // loading and storing the sums does not dominate, and all where they are few.
    let fitting = 1_500_000 / (Form.elements * (inputs + outputs))
    let all = (tiling.total + 11) / 12 * 12
    chunkTiles = all <= 96 ? all : min(max(48, min(192, fitting) / 12 * 12), all)
  }

  /// Channels in rows of sums, rounded up so that six- and four-row tiles cover them.
  private var rows: Int { (g.inputChannels + 7) & ~7 }
  private var inputPanels: Int { (g.inputChannels + 15) / 16 }
  private var outputPanels: Int { (g.outputChannels + 15) / 16 }
  private var panel: Int { chunkTiles * 16 }
  private var inputPlane: Int { inputPanels * panel + Winograd<Form>.planePad }
  private var outputPlane: Int { outputPanels * panel + Winograd<Form>.planePad }
  private var sumPlane: Int { rows * outputPanels * 16 + Winograd<Form>.planePad }
  private var patchCount: Int {
    WinogradInput<Form>.patchCount(channels: max(g.inputChannels, g.outputChannels))
  }

  /// Floats of scratch that `run` takes.
  var workspaceCount: Int {
    Form.elements * (inputPlane + outputPlane + sumPlane) + threads * patchCount
  }

  /// `dw [3, 3, in, out]`, overwritten. Reference: `Reference.convolutionWeightGradient` (tests).
  func run(
    _ x: UnsafePointer<Float>, _ dy: ConvolutionSource, into dw: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let transformed = workspace
    let gradients = transformed + Form.elements * inputPlane
    let sums = gradients + Form.elements * outputPlane
    let patches = sums + Form.elements * sumPlane
    let input = WinogradInput<Form>(
      height: g.inputHeight, width: g.inputWidth, channels: g.inputChannels, tiling: tiling,
      isGradient: false)
    let gradient = WinogradInput<Form>(
      height: g.outputHeight, width: g.outputWidth, channels: g.outputChannels, tiling: tiling,
      isGradient: true)
    let inputLayout = WinogradLayout(plane: inputPlane, tile: 16, panel: panel)
    let outputLayout = WinogradLayout(plane: outputPlane, tile: 16, panel: panel)
    // What lies between the channels and a whole panel is multiplied too; it must be finite, not more.
    if g.outputChannels & 15 != 0 {
      gradients.update(repeating: 0, count: Form.elements * outputPlane)
    }
    let unit = WinogradInput<Form>.unit
    let rowBlock = 48
    let rowBlocks = (rows + rowBlock - 1) / rowBlock
    for first in stride(from: 0, to: tiling.total, by: chunkTiles) {
      let count = min(chunkTiles, tiling.total - first)
      pool.run(blocks: (count + unit - 1) / unit) { worker, block in
        let low = block * unit
        let tiles = first + low..<first + min(count, low + unit)
        let patch = patches + worker * patchCount
        input.transform(
          ConvolutionSource(x), tiles: tiles, into: transformed + low * 16, inputLayout,
          patch: patch)
        gradient.transform(
          dy, tiles: tiles, into: gradients + low * 16, outputLayout, patch: patch)
      }
      pool.run(blocks: Form.elements * rowBlocks) { _, block in
        let element = block / rowBlocks
        let low = block % rowBlocks * rowBlock
        addProducts(
          transformed + element * inputPlane, gradients + element * outputPlane,
          into: sums + element * sumPlane, rows: low..<min(rows, low + rowBlock), tiles: count,
          adds: first > 0)
      }
    }
    transformBack(sums, into: dw, pool: pool)
  }

  /// `c[rows, :] (+)= aᵀ · b` over the tiles of a chunk.
  private func addProducts(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
    rows: Range<Int>, tiles: Int, adds: Bool
  ) {
    let (panel, outputPanels) = (panel, outputPanels)
    let step = outputPanels * 16
    for column in 0..<outputPanels {
      let b = b + column * panel
      var row = rows.lowerBound
      while row < rows.upperBound {
        let pointer = { (index: Int) in
          a + ((row &+ index) / 16 &* panel &+ (row &+ index) % 16)
        }
        let left = rows.upperBound - row
        let target = c + row * step + column * 16
        var tile = Tile6x16()
        // Sixes, and fours where sixes would leave two: eight accumulators just hide the multiply-add's latency.
        if left % 6 == 0 || left > 8 {
          if adds { tile.add(from: target, row: step) }
          tile.accumulate(
            steps: tiles, pointer(0), pointer(1), pointer(2), pointer(3), pointer(4), pointer(5),
            aStep: 16, b: b, bStep: 16)
          tile.store(to: target, row: step)
          row += 6
        } else {
          let unread = pointer(0)
          if adds { tile.add(FourRows.self, from: target, row: step, width: 16) }
          tile.accumulate(
            FourRows.self, steps: tiles, pointer(0), pointer(1), pointer(2), pointer(3), unread,
            unread, aStep: 16, b: b, bStep: 16)
          tile.store(FourRows.self, to: target, row: step, width: 16)
          row += 4
        }
      }
    }
  }

  /// `Gᵀ p G` of the sums, into Keras' `[3, 3, in, out]`.
  private func transformBack(
    _ sums: UnsafePointer<Float>, into dw: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let inputs = g.inputChannels
    let outputs = g.outputChannels
    let (plane, row) = (sumPlane, outputPanels * 16)
    pool.run(over: inputs, grain: 4) { range in
      // Three rows of the longest side.
      withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 24) { scratch in
        let columns = scratch.baseAddress!
        for input in range {
          for output in stride(from: 0, to: outputs, by: 8) {
            let m = sums + input * row + output
            for column in 0..<Form.side {
              let line = columns + column
              Form.kernelGradient({ Lanes(at: m + ($0 &* Form.side &+ column) &* plane) }) {
                line[$0 &* Form.side] = $1
              }
            }
            for tapRow in 0..<3 {
              let line = columns + tapRow * Form.side
              let target = dw + (tapRow * 3 * inputs + input) * outputs + output
              Form.kernelGradient({ line[$0] }) {
                $1.store(to: target + $0 * inputs * outputs, count: outputs - output)
              }
            }
          }
        }
      }
    }
  }
}
