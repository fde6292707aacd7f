extension Architecture {
  /// A residual network (He et al. 2016) of four times `fast`'s work, for an evening's training.
  ///
  /// ```
  /// 48²  conv 32,  conv 32         each conv: 3 x 3 same, no bias, batch norm, ReLU
  /// 24²  conv 64,  2 blocks of 64  a block: two convs, the input added before the last ReLU
  /// 12²  conv 128, 2 blocks of 128
  ///  6²  conv 256, 2 blocks of 256
  /// global average, dropout, dense; a 2 x 2 max pooling before each line but the first
  /// ```
  public static let best = Architecture(
    name: "best", summary: "A larger residual network, for an evening's training."
  ) { classCount, seed in
    var builder = NetworkBuilder(name: "best", inputShape: [48, 48, 1])
    var x = try builder.add(Rescaling(scale: 1 / 127.5, offset: -1), to: builder.input)
    for _ in 0..<2 { x = try builder.convolutionBlock(filters: 32, to: x) }
    for filters in [64, 128, 256] {
      x = try builder.add(MaxPooling2D(), to: x)
      x = try builder.convolutionBlock(filters: filters, to: x)
      for _ in 0..<2 { x = try builder.residualBlock(filters: filters, to: x) }
    }
    x = try builder.add(GlobalAveragePooling2D(), to: x)
    x = try builder.add(Dropout(rate: 0.4), to: x)
    return try builder.classifier(classCount, of: x, seed: seed)
  }
}

extension NetworkBuilder {
  /// `relu(x + norm(conv(relu(norm(conv(x))))))`: x has as many channels as `filters`.
  mutating func residualBlock(filters: Int, to input: Handle) throws -> Handle {
    let inner = try convolutionBlock(filters: filters, to: input)
    return try residualConvolution(filters: filters, to: inner, adding: input)
  }
}
