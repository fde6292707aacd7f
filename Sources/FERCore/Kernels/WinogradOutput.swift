/// `Aᵀ p A` of tiles, with bias, ReLU and pooling while the values are in registers.
struct WinogradOutput<Form: WinogradForm> {
  let height: Int
  let width: Int
  let channels: Int
  let tiling: WinogradTiling
  let target: ConvolutionTarget
  /// Stores the largest of each 2 x 2 window.
  let isPooled: Bool
  /// From one tile's products to the next, and from one element's to the next.
  let tileStep: Int
  let plane: Int

  /// Floats of scratch for one worker: eight channels of a tile's transformed columns, and a tile of `channels` outputs.
  static func patchCount(channels: Int) -> Int {
    columnCount + Form.outputs * Form.outputs * channels
  }
  private static var columnCount: Int { Form.outputs * Form.side * 8 }

  /// - Parameters:
  ///   - part: the output channels that `products` hold; starts at a multiple of 16.
  ///   - patch: scratch of `patchCount(channels: tileStep)` floats.
  func transform(
    _ products: UnsafePointer<Float>, tiles: Range<Int>, part: Range<Int>,
    patch: UnsafeMutablePointer<Float>
  ) {
    let columns = patch
    let pixels = patch + Self.columnCount
    var cursor = tiling.cursor(at: tiles.lowerBound)
    var source = products
    for _ in tiles {
      let top = cursor.row * Form.outputs
      let left = cursor.column * Form.outputs
      let row = tiling.rows.outputPlace(top)
      let column = tiling.columns.outputPlace(left)
      if !isPooled, row.index + Form.outputs <= height,
        column.index + Form.outputs <= width, part.upperBound % 8 == 0,
        let image = tiling.image(cursor, row: row.image, column: column.image)
      {
        let start = ((image * height + row.index) * width + column.index) * channels
        transformTile(
          source, into: target.values + (start + part.lowerBound), row: width * channels,
          pixel: channels, part: part, columns)
      } else {
        transformTile(
          source, into: pixels, row: Form.outputs * tileStep, pixel: tileStep, part: part, columns)
        if isPooled {
          storePooled(pixels, cursor, top: top, left: left, part: part)
        } else {
          storePart(pixels, cursor, top: top, left: left, part: part)
        }
      }
      tiling.advance(&cursor)
      source += tileStep
    }
  }

  /// Writes the outputs of a tile to `out`, `row` floats between rows and `pixel` between pixels, in whole vectors.
  @inline(__always)
  private func transformTile(
    _ products: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, row: Int, pixel: Int,
    part: Range<Int>, _ columns: UnsafeMutablePointer<Float>
  ) {
    let floor = Lanes(repeating: target.relu ? 0 : -.infinity)
    let plane = plane
    var channel = 0
    while channel < part.count {
      let m = products + channel
      for column in 0..<Form.side {
        let d = m + column &* plane
        let line = columns + column &* 8
        Form.output({ Lanes(at: d + $0 &* Form.side &* plane) }) {
          $1.store(to: line + $0 &* Form.side &* 8)
        }
      }
      let shift = bias(part.lowerBound + channel)
      for index in 0..<Form.outputs {
        let line = columns + index &* Form.side &* 8
        let place = out + (index &* row &+ channel)
        Form.output({ Lanes(at: line + $0 &* 8) }) {
          ($1 + shift).atLeast(floor).store(to: place + $0 &* pixel)
        }
      }
      channel &+= 8
    }
  }

  @inline(__always)
  private func bias(_ channel: Int) -> Lanes {
    guard let bias = target.bias else { return .zero }
    return channel + 8 <= channels ? Lanes(at: bias + channel) : lastBias(bias, channel)
  }

  @inline(never)
  private func lastBias(_ bias: UnsafePointer<Float>, _ channel: Int) -> Lanes {
    var lanes = Lanes.zero
    for lane in 0..<channels - channel { lanes[lane] = bias[channel + lane] }
    return lanes
  }

  /// Stores the outputs of a tile that lie in an image.
  @inline(never)
  private func storePart(
    _ patch: UnsafePointer<Float>, _ cursor: WinogradTiling.Cursor, top: Int, left: Int,
    part: Range<Int>
  ) {
    for row in 0..<Form.outputs {
      let (imageRow, y) = tiling.rows.outputPlace(top + row)
      guard y < height else { continue }
      for column in 0..<Form.outputs {
        let (imageColumn, x) = tiling.columns.outputPlace(left + column)
        guard x < width, let image = tiling.image(cursor, row: imageRow, column: imageColumn)
        else { continue }
        let out = target.values + (((image * height + y) * width + x) * channels + part.lowerBound)
        out.update(from: patch + (row * Form.outputs + column) * tileStep, count: part.count)
      }
    }
  }

  /// Stores the largest of each 2 x 2 window.
  @inline(never)
  private func storePooled(
    _ patch: UnsafePointer<Float>, _ cursor: WinogradTiling.Cursor, top: Int, left: Int,
    part: Range<Int>
  ) {
    for row in stride(from: 0, to: Form.outputs, by: 2) {
      let (imageRow, y) = tiling.rows.outputPlace(top + row)
      guard y + 1 < height else { continue }
      for column in stride(from: 0, to: Form.outputs, by: 2) {
        let (imageColumn, x) = tiling.columns.outputPlace(left + column)
        guard x + 1 < width, let image = tiling.image(cursor, row: imageRow, column: imageColumn)
        else { continue }
        let at =
          ((image * (height / 2) + y / 2) * (width / 2) + x / 2) * channels + part.lowerBound
        Pooling.maximumOfWindow(
          patch + (row * Form.outputs + column) * tileStep, row: Form.outputs * tileStep,
          pixel: tileStep, into: target.values + at, places: target.places.map { $0 + at },
          count: part.count)
      }
    }
  }
}
