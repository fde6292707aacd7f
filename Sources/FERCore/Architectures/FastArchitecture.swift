extension Architecture {
  /// A small residual network (He et al. 2016) with batch normalisation: the default.
  ///
  /// ```
  /// 48²  conv 32                          each conv: 3 x 3 same, no bias, batch norm, ReLU
  /// 24²  conv 64,  residual conv 64       a 2 x 2 max pooling before each line
  /// 12²  conv 128, residual conv 128
  ///  6²  conv 192, residual conv 192
  /// global average, dropout, dense
  /// ```
  public static let fast = Architecture(
    name: "fast", summary: "A small residual network with batch normalisation; the default."
  ) { classCount, seed in
    var builder = NetworkBuilder(name: "fast", inputShape: [48, 48, 1])
    var x = try builder.add(Rescaling(scale: 1 / 127.5, offset: -1), to: builder.input)
    x = try builder.convolutionBlock(filters: 32, to: x)
    for filters in [64, 128, 192] {
      x = try builder.add(MaxPooling2D(), to: x)
      x = try builder.convolutionBlock(filters: filters, to: x)
      x = try builder.residualConvolution(filters: filters, to: x)
    }
    x = try builder.add(GlobalAveragePooling2D(), to: x)
    x = try builder.add(Dropout(rate: 0.3), to: x)
    return try builder.classifier(classCount, of: x, seed: seed)
  }
}

extension NetworkBuilder {
  /// 3 x 3 convolution, batch normalisation, ReLU.
  mutating func convolutionBlock(filters: Int, to input: Handle) throws -> Handle {
    let x = try normalizedConvolution(filters: filters, to: input)
    return try add(Activation(.relu), to: x)
  }

  /// `relu(shortcut + norm(conv(x)))`, where the shortcut is x itself unless another is given; it has as many channels as
  /// `filters`.
  mutating func residualConvolution(
    filters: Int, to input: Handle, adding shortcut: Handle? = nil
  ) throws -> Handle {
    var x = try normalizedConvolution(filters: filters, to: input)
    x = try add(Add(), to: x, shortcut ?? input)
    return try add(Activation(.relu), to: x)
  }

  private mutating func normalizedConvolution(filters: Int, to input: Handle) throws -> Handle {
    let x = try add(
      Conv2D(
        filters: filters, kernelSize: 3, padding: .same, usesBias: false,
        initialization: .heNormal), to: input)
    return try add(BatchNormalization(momentum: 0.9), to: x)
  }
}
