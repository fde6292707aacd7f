import CMallocCount
import FERCore
import Foundation

// AllocationProbe <architecture> <threads> [<stacks>]: prints how often the steps of a training run went to the heap, one
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

let arguments = CommandLine.arguments
guard arguments.count >= 3, let threads = Int(arguments[2]), threads > 0 else {
  fail("expected an architecture and a number of threads")
}
let pool = WorkerPool(threads: threads)
_ = allocations(ofBuffers: 10, pool: pool)
print(allocations(ofBuffers: 10, pool: pool))

var configuration = TrainingConfiguration()
configuration.architecture = arguments[1]
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
  let trainer = try Trainer(
    configuration: configuration,
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
