import CMallocCount
import FERCore
import Foundation

// AllocationProbe <architecture> | other-layers <threads> [<stacks>]: prints how often the steps of a training run went to the heap, one
// number a step, after a first line with the count of a step that allocates a known number of times. With <stacks> the
// call stacks of that many allocations go to stderr. `AllocationTests` runs it.

let warmUpSteps = 2
let countedSteps = 4

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("AllocationProbe: \(message)\n".utf8))
  exit(1)
}

/// The control: `count` blocks, each allocated by another thread or this one.
func allocations(ofBuffers count: Int, pool: WorkerPool) -> Int {
  let before = malloc_count()
  pool.run(blocks: count) { _, block in withExtendedLifetime(FloatBuffer(count: 100 + block)) {} }
  return malloc_count() - before
}

/// What our architectures do without: maps that are repeated along axes, the larger of two, noise.
func otherLayers() throws -> Network {
  var builder = NetworkBuilder(name: "other-layers", inputShape: [48, 48, 1])
  var x = try builder.add(Rescaling(scale: 1 / 255), to: builder.input)
  x = try builder.add(Conv2D(filters: 8, kernelSize: 3, stride: 2, padding: .same), to: x)
  x = try builder.add(Noise(.spatialDropout(rate: 0.2)), to: x)
  var gate = try builder.add(GlobalAveragePooling2D(keepsAxes: true), to: x)
  gate = try builder.add(Dense(units: 8), to: gate)
  let gated = try builder.add(Merge(.multiply), to: x, gate)
  x = try builder.add(Merge(.maximum), to: gated, x)
  x = try builder.add(Noise(.gaussian(deviation: 0.1)), to: x)
  x = try builder.add(RectifiedLinear(maxValue: 6, threshold: 0.1), to: x)
  x = try builder.add(GlobalAveragePooling2D(), to: x)
  x = try builder.add(Dense(units: Emotion.allCases.count, activation: .softmax), to: x)
  return try builder.build(output: x, seed: 1)
}

let arguments = CommandLine.arguments
guard arguments.count >= 3, let threads = Int(arguments[2]), threads > 0 else {
  fail("expected an architecture and a number of threads")
}
let pool = WorkerPool(threads: threads)
_ = allocations(ofBuffers: 10, pool: pool)
print(allocations(ofBuffers: 10, pool: pool))

var configuration = TrainingConfiguration()
configuration.batchSize = 16
configuration.clipNorm = 1
configuration.augmentation.mixupAlpha = 0.2
configuration.checkpointSeconds = 1e6
let stop = StopRequest()
let counts = UnsafeMutablePointer<Int>.allocate(capacity: warmUpSteps + countedSteps)
var step = 0
let url = FileManager.default.temporaryDirectory
  .appendingPathComponent("emojify-allocations-\(ProcessInfo.processInfo.processIdentifier)")
do {
  defer { try? FileManager.default.removeItem(at: url) }
  let network: Network
  if arguments[1] == "other-layers" {
    network = try otherLayers()
  } else if let architecture = Architecture.named(arguments[1]) {
    configuration.architecture = architecture.name
    network = try architecture.network(seed: configuration.seed)
  } else {
    fail("unknown architecture '\(arguments[1])'")
  }
  let trainer = try Trainer(
    network: network, configuration: configuration,
    data: TrainingData(DrawnFaces.draw(count: 200, seed: 1), configuration),
    folder: RunFolder.create(at: url), pool: pool, stopRequest: stop
  ) { event in
    guard case .step = event, step < warmUpSteps + countedSteps else { return }
    counts[step] = malloc_count()
    step += 1
    if step == warmUpSteps, arguments.count > 3 { malloc_count_trace(Int(arguments[3]) ?? 0) }
    if step == warmUpSteps + countedSteps {
      malloc_count_trace(0)
      stop.request()
    }
  }
  _ = try trainer.run()
} catch {
  fail("\(error)")
}
for step in warmUpSteps..<warmUpSteps + countedSteps { print(counts[step] - counts[step - 1]) }
