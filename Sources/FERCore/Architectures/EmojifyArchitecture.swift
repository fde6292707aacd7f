extension Architecture {
  /// The four-convolution, two-dense network of the Emojify tutorials: 3 x 3 valid convolutions, ReLU, 2.3 M parameters.
  public static let emojify = Architecture(
    name: "emojify", summary: "The tutorials' network: four convolutions, two dense layers."
  ) { classCount, seed in
    try NetworkBuilder.sequential(
      name: "emojify", inputShape: [48, 48, 1], seed: seed,
      [
        (nil, Rescaling(scale: 1 / 255)),
        (nil, Conv2D(filters: 32, kernelSize: 3, activation: .relu)),
        (nil, Conv2D(filters: 64, kernelSize: 3, activation: .relu)),
        (nil, MaxPooling2D()),
        (nil, Dropout(rate: 0.25)),
        (nil, Conv2D(filters: 128, kernelSize: 3, activation: .relu)),
        (nil, MaxPooling2D()),
        (nil, Conv2D(filters: 128, kernelSize: 3, activation: .relu)),
        (nil, MaxPooling2D()),
        (nil, Dropout(rate: 0.25)),
        (nil, Flatten()),
        (nil, Dense(units: 1024, activation: .relu)),
        (nil, Dropout(rate: 0.5)),
        (nil, Dense(units: classCount)),
        (nil, Activation(.softmax)),
      ])
  }
}
