/// Rows of output that are computed as one unit of work, and the part of the input they read.
struct ConvolutionBands {
  /// Output pixels of a unit of work, about.
  static let pixels = 96

  let geometry: ConvolutionGeometry
  let rows: Int
  let perImage: Int
  let inputRows: Int
  let inputColumns: Int
  /// Floats of a zero-padded copy.
  let copyCount: Int

  init(_ g: ConvolutionGeometry) {
    geometry = g
    rows = min(g.outputHeight, max(1, Self.pixels / g.outputWidth))
    perImage = (g.outputHeight + rows - 1) / rows
    inputRows = (rows - 1) * g.strideHeight + g.kernelHeight
    inputColumns = (g.outputWidth - 1) * g.strideWidth + g.kernelWidth
    copyCount = inputRows * inputColumns * g.inputChannels
  }

  /// The input that a band of output rows reads, and the floats between its rows: in place where it lies inside the
  /// image, else copied with zeros around it.
  func input(
    _ x: UnsafePointer<Float>, image: Int, firstRow: Int, rows: Int,
    copy: UnsafeMutablePointer<Float>
  ) -> (base: UnsafePointer<Float>, rowStep: Int) {
    let g = geometry
    let channels = g.inputChannels
    let top = firstRow * g.strideHeight - g.padTop
    let inputRows = (rows - 1) * g.strideHeight + g.kernelHeight
    let start = x + image * g.inputHeight * g.inputWidth * channels
    let columns = inputColumns
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
}
