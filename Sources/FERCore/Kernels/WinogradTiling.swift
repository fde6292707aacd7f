/// How the outputs of a batch are cut into tiles.
///
/// Where a map's side is no multiple of the tile's, tiles at its far borders compute outputs that nobody wants: a 6 x 6
/// map needs four 4 x 4 tiles for the work of 2.25. So several images are laid out side by side as one, with the zeros
/// they pad with between them, and tiles run across: nine 6 x 6 maps then take 25 tiles instead of 36.
///
/// ```
/// one axis, F(4, 3), same padding:   tiles  |----|----|----|----|----|
///                                    images aaaaaa0bbbbbb0cccccc
/// ```
struct WinogradTiling {
  /// One axis of a layout of several images.
  struct Axis {
    /// Extent of an image's input and output, and zeros in front of it.
    let input: Int
    let output: Int
    let padding: Int
    /// Images in a row, and from the start of one to the start of the next.
    let images: Int
    let period: Int
    /// Side of the outputs of a tile.
    let step: Int
    let tiles: Int

    init(input: Int, output: Int, padding: Int, images: Int, step: Int) {
      self.input = input
      self.output = output
      self.padding = padding
      self.images = images
      self.step = step
      // No image may read its neighbour's pixels.
      period = max(output, output + 2 - padding, padding + input)
      tiles = Self.tiles(images: images, period: period, output: output, step: step)
    }

    static func tiles(images: Int, period: Int, output: Int, step: Int) -> Int {
      ((images - 1) * period + output + step - 1) / step
    }

    /// The image and the index in it of a place along the axis; the index is negative or too large between images.
    @inline(__always)
    private func locate(_ place: Int) -> (image: Int, index: Int) {
      var image = 0
      var index = place
      while index >= period, image + 1 < images {
        index -= period
        image += 1
      }
      return (image, index)
    }

    /// Where the input at `place`, counted from the first tap of output 0, lies.
    @inline(__always)
    func inputPlace(_ place: Int) -> (image: Int, index: Int) {
      // A place in the zeros in front of an image belongs to no image; it must not be taken for one of the image before.
      let (image, index) = locate(place)
      return (image, index - padding)
    }

    @inline(__always)
    func outputPlace(_ place: Int) -> (image: Int, index: Int) { locate(place) }
  }

  let rows: Axis
  let columns: Axis
  let batch: Int
  /// Images of a layout.
  let perGroup: Int
  let tilesPerGroup: Int
  let total: Int

  /// - Parameter pooled: 2 x 2 windows of outputs must each lie in one tile.
  init<Form: WinogradForm>(_ g: ConvolutionGeometry, _ form: Form.Type, pooled: Bool) {
    let layout = { (images: Int) -> (Axis, Axis) in
      (
        Axis(
          input: g.inputHeight, output: g.outputHeight, padding: g.padTop, images: images,
          step: Form.outputs),
        Axis(
          input: g.inputWidth, output: g.outputWidth, padding: g.padLeft, images: images,
          step: Form.outputs)
      )
    }
    let count = { (axes: (Axis, Axis), images: Int) -> Int in
      let (rows, columns) = axes
      let whole = g.batch / (images * images) * rows.tiles * columns.tiles
      let rest = g.batch % (images * images)
      guard rest > 0 else { return whole }
      let restRows = Axis.tiles(
        images: (rest + images - 1) / images, period: rows.period, output: rows.output,
        step: rows.step)
      return whole + restRows * columns.tiles
    }
    var best = layout(1)
    var fewest = count(best, 1)
    var images = 2
    while images <= 8, images * images <= g.batch {
      let axes = layout(images)
      let tiles = count(axes, images)
      let fits = !pooled || (axes.0.period % 2 == 0 && axes.1.period % 2 == 0)
      // Tiles that lie across images cost a copy, so a gain must be worth it.
      if fits, tiles * 20 < fewest * 19 {
        best = axes
        fewest = tiles
      }
      images += 1
    }
    (rows, columns) = best
    batch = g.batch
    perGroup = rows.images * rows.images
    tilesPerGroup = rows.tiles * columns.tiles
    total = fewest
  }

  /// Walks over tiles in order.
  struct Cursor {
    var group: Int
    var row: Int
    var column: Int
  }

  @inline(__always)
  func cursor(at tile: Int) -> Cursor {
    let inGroup = tile % tilesPerGroup
    return Cursor(
      group: tile / tilesPerGroup, row: inGroup / columns.tiles, column: inGroup % columns.tiles)
  }

  @inline(__always)
  func advance(_ cursor: inout Cursor) {
    cursor.column += 1
    if cursor.column == columns.tiles {
      cursor.column = 0
      cursor.row += 1
      if cursor.row == rows.tiles {
        cursor.row = 0
        cursor.group += 1
      }
    }
  }

  /// The image at a place of a layout; nil where the last layout has none.
  @inline(__always)
  func image(_ cursor: Cursor, row: Int, column: Int) -> Int? {
    let image = cursor.group * perGroup + row * rows.images + column
    return image < batch ? image : nil
  }
}
