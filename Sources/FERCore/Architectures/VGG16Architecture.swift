extension Architecture {
  /// VGG16 (Simonyan & Zisserman 2015) for small gray faces, with the layer names of Keras' own, so that weights trained
  /// on ImageNet fit: configuration D without its top, then the head that transfer-learning projects put there.
  ///
  /// ```
  ///      gray three times, less ImageNet's mean colour
  /// 48²  2 x conv 64      each conv: 3 x 3 same, ReLU
  /// 24²  2 x conv 128     a 2 x 2 max pooling after each line
  /// 12²  3 x conv 256
  ///  6²  3 x conv 512
  ///  3²  3 x conv 512
  ///  1²  dense 256, dropout, dense
  /// ```
  public static let vgg16 = Architecture(
    name: "vgg16", summary: "VGG16 for transfer learning: takes Keras' ImageNet weights.",
    beginning: Beginning(learningRate: 0.0002, warmupEpochs: 0)
  ) { classCount, seed in
    var builder = NetworkBuilder(name: "vgg16", inputShape: [48, 48, 1])
    let gray = builder.input
    var x = try builder.add(Concatenate(), name: "gray_to_bgr", to: gray, gray, gray)
    x = try builder.add(
      Normalization(constants: (mean: imageNetMean, variance: [1, 1, 1])), name: "imagenet_mean",
      to: x)
    for (block, (count, filters)) in blocks.enumerated() {
      for number in 1...count {
        x = try builder.add(
          Conv2D(
            filters: filters, kernelSize: 3, padding: .same, activation: .relu,
            initialization: .heNormal), name: "block\(block + 1)_conv\(number)", to: x)
      }
      x = try builder.add(MaxPooling2D(), name: "block\(block + 1)_pool", to: x)
    }
    x = try builder.add(Flatten(), to: x)
    x = try builder.add(Dense(units: 256, activation: .relu, initialization: .heNormal), to: x)
    x = try builder.add(Dropout(rate: 0.5), to: x)
    x = try builder.add(Dense(units: classCount), to: x)
    x = try builder.add(Activation(.softmax), to: x)
    let network = try builder.build(output: x, seed: seed)
    // Pixels have a deviation near 64 here, where fresh weights expect 1: without normalisation all layers would be that
    // much too large. Trained weights, which expect just this, take this layer's place.
    if let kernel = network.node(named: "block1_conv1")?.layer?.parameters[0].value {
      for k in 0..<kernel.shape.count { kernel.base[k] /= 64 }
    }
    return network
  }

  private static let blocks = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]

  /// Blue, green, red, 0…255: what was subtracted from the images VGG was trained on.
  private static let imageNetMean: [Float] = [103.939, 116.779, 123.68]
}
