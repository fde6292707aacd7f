// Trains a small network of its own on drawn faces, then asks it about faces it has not seen.
import FERCore
import Foundation

// 2,800 labelled faces of 48 x 48 gray pixels. Real ones: FaceDataset.load(from: URL(fileURLWithPath: "fer2013.csv"))
let faces = DrawnFaces.draw(count: 2800, seed: 1)

// Pixels 0...255 go in, seven probabilities come out. The seed draws the first weights.
let network = try NetworkBuilder.sequential(
  name: "tiny", inputShape: [48, 48, 1], seed: 1,
  Rescaling(scale: 1 / 127.5, offset: -1),
  Conv2D(filters: 8, kernelSize: 3, activation: .relu), MaxPooling2D(),
  Conv2D(filters: 16, kernelSize: 3, activation: .relu), MaxPooling2D(),
  Flatten(),
  Dense(units: faces.classCount, activation: .softmax))

// What is not set is AdamW with a cosine; Recipe.standard.configuration is what `emojify train` does.
var configuration = TrainingConfiguration()
configuration.epochs = 10
configuration.averageDecay = nil
configuration.learningRate = 0.003
configuration.augmentation = .none

// A run keeps its files in a folder of its own: the best network, the history, a checkpoint to resume from.
let pool = WorkerPool()
let trainer = try Trainer(
  network: network, configuration: configuration, data: TrainingData(faces, configuration),
  folder: RunFolder.create(in: FileManager.default.temporaryDirectory, architecture: network.name),
  pool: pool
) { event in
  if case .epoch(let record, _) = event {
    print("epoch \(record.epoch + 1): validation accuracy \(record.validationAccuracy)")
  }
}
guard try trainer.run() == .finished else { exit(1) }

// The file is a Keras HDF5 file: load_model() opens it too. Nothing but the file is needed from here on.
let (best, metadata) = try KerasFormat.read(trainer.folder.best)
let strangers = DrawnFaces.draw(count: 70, seed: 2)
let answers = Predictor(network: best, pool: pool)
  .predict(images: strangers.pixels, count: strangers.count)
let report = Evaluator.report(
  answers, labels: strangers.labels.map(Int.init), classNames: metadata.labels)
for (answer, label) in zip(answers, strangers.labels).prefix(7) {
  let best = answer.placeOfLargest
  print("\(strangers.classNames[Int(label)]): \(metadata.labels[best]) \(answer[best])")
}
print(
  "right: \(report.accuracy) of \(report.images) faces it has not seen, saved in \(trainer.folder.best.path)"
)
