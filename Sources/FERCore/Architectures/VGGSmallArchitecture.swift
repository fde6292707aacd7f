extension Architecture {
  /// VGG's pairs of 3 x 3 convolutions (Simonyan & Zisserman 2015) with batch normalisation, 1.8 M parameters.
  ///
  /// ```
  /// 48²  conv 32,  conv 32     each conv: 3 x 3 same, no bias, batch norm, ReLU
  /// 24²  conv 64,  conv 64     a 2 x 2 max pooling after each line
  /// 12²  conv 128, conv 128
  ///  6²  conv 256, conv 256
  ///  3²  dense 256, dropout, dense
  /// ```
  public static let vggSmall = Architecture(
    name: "vgg-small", summary: "VGG-style with batch normalisation: eight convolutions."
  ) { classCount, seed in
    var builder = NetworkBuilder(name: "vgg-small", inputShape: [48, 48, 1])
    var x = try builder.add(Rescaling(scale: 1 / 127.5, offset: -1), to: builder.input)
    for filters in [32, 64, 128, 256] {
      x = try builder.convolutionBlock(filters: filters, to: x)
      x = try builder.convolutionBlock(filters: filters, to: x)
      x = try builder.add(MaxPooling2D(), to: x)
    }
    x = try builder.add(Flatten(), to: x)
    x = try builder.add(Dense(units: 256, activation: .relu, initialization: .heNormal), to: x)
    x = try builder.add(Dropout(rate: 0.5), to: x)
    return try builder.classifier(classCount, of: x, seed: seed)
  }
}
