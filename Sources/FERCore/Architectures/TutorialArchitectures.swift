/// Networks that people meet first: those of tutorials and student projects on FER-2013, built as their authors describe
/// them. `Recipe` holds how they train them.
extension Architecture {
  /// Four convolutions and three dense layers, each with batch normalisation; 4.5 M parameters.
  ///
  /// ```
  /// 48²  conv 64               each conv: same, bias, batch norm, ReLU, then 2 x 2 max pooling and dropout 0.25
  /// 24²  conv 128 of 5 x 5     the other kernels are 3 x 3
  /// 12²  conv 512
  ///  6²  conv 512
  ///  3²  dense 256, dense 512  batch norm, ReLU, dropout 0.25 behind each
  /// ```
  public static let faceEmotion = Architecture(
    name: "face-emotion", summary: "A course's network: four convolutions, three dense layers."
  ) { classCount, seed in
    var builder = NetworkBuilder(name: "face-emotion", inputShape: [48, 48, 1])
    var x = try builder.add(Rescaling(scale: 1 / 255), to: builder.input)
    for (filters, kernel) in [(64, 3), (128, 5), (512, 3), (512, 3)] {
      x = try builder.add(Conv2D(filters: filters, kernelSize: kernel, padding: .same), to: x)
      x = try builder.add(BatchNormalization(), to: x)
      x = try builder.add(Activation(.relu), to: x)
      x = try builder.add(MaxPooling2D(), to: x)
      x = try builder.add(Dropout(rate: 0.25), to: x)
    }
    x = try builder.add(Flatten(), to: x)
    for units in [256, 512] {
      x = try builder.add(Dense(units: units), to: x)
      x = try builder.add(BatchNormalization(), to: x)
      x = try builder.add(Activation(.relu), to: x)
      x = try builder.add(Dropout(rate: 0.25), to: x)
    }
    return try builder.classifier(classCount, of: x, seed: seed)
  }

  /// VGG's first four blocks (Simonyan & Zisserman 2015) with batch normalisation and three dense layers; 7.2 M
  /// parameters.
  ///
  /// ```
  /// 48²  conv 64,  conv 64     each conv: 3 x 3 same, bias, ReLU, batch norm
  /// 24²  conv 128, conv 128    2 x 2 max pooling and dropout 0.4 after each line
  /// 12²  conv 256, conv 256
  ///  6²  conv 512, conv 512
  ///  3²  dense 512, dense 256, dense 128, each with ReLU and dropout 0.4
  /// ```
  public static let emojimation = Architecture(
    name: "emojimation", summary: "VGG's first four blocks with batch normalisation.",
    beginning: Beginning(learningRate: 0.001, warmupEpochs: 0)
  ) { classCount, seed in
    var builder = NetworkBuilder(name: "emojimation", inputShape: [48, 48, 1])
    var x = try builder.add(Rescaling(scale: 1 / 255), to: builder.input)
    for filters in [64, 128, 256, 512] {
      for _ in 0..<2 {
        x = try builder.add(
          Conv2D(filters: filters, kernelSize: 3, padding: .same, activation: .relu), to: x)
        x = try builder.add(BatchNormalization(), to: x)
      }
      x = try builder.add(MaxPooling2D(), to: x)
      x = try builder.add(Dropout(rate: 0.4), to: x)
    }
    x = try builder.add(Flatten(), to: x)
    for units in [512, 256, 128] {
      x = try builder.add(Dense(units: units, activation: .relu), to: x)
      x = try builder.add(Dropout(rate: 0.4), to: x)
    }
    return try builder.classifier(classCount, of: x, seed: seed)
  }

  /// The plain Keras Sequential network of many notebooks; 5.7 M parameters.
  ///
  /// ```
  /// 48²  conv 32,  conv 64     each conv: 3 x 3 same, bias, ReLU
  /// 24²  conv 128, conv 256    batch norm, 2 x 2 max pooling and dropout 0.25 after each line
  /// 12²  conv 256
  ///  6²  dense 512 with ReLU and dropout 0.5
  /// ```
  public static let sequential = Architecture(
    name: "sequential", summary: "Many notebooks' plain Keras network: five convolutions."
  ) { classCount, seed in
    var builder = NetworkBuilder(name: "sequential", inputShape: [48, 48, 1])
    var x = try builder.add(Rescaling(scale: 1 / 255), to: builder.input)
    for line in [[32, 64], [128, 256], [256]] {
      for filters in line {
        x = try builder.add(
          Conv2D(filters: filters, kernelSize: 3, padding: .same, activation: .relu), to: x)
      }
      x = try builder.add(BatchNormalization(), to: x)
      x = try builder.add(MaxPooling2D(), to: x)
      x = try builder.add(Dropout(rate: 0.25), to: x)
    }
    x = try builder.add(Flatten(), to: x)
    x = try builder.add(Dense(units: 512, activation: .relu), to: x)
    x = try builder.add(Dropout(rate: 0.5), to: x)
    return try builder.classifier(classCount, of: x, seed: seed)
  }
}

extension NetworkBuilder {
  /// The last dense layer, its softmax, and the network that ends in them.
  mutating func classifier(_ classCount: Int, of input: Handle, seed: UInt64) throws -> Network {
    var x = try add(Dense(units: classCount), to: input)
    x = try add(Activation(.softmax), to: x)
    return try build(output: x, seed: seed)
  }
}
