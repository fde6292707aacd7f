import Foundation
import Testing

@testable import FERCore

/// A training step goes to the heap not once, on no thread: not for the batch, nor forward, loss, backward, clipping,
/// optimizer or moving average.
@Suite struct AllocationTests {
  /// AllocationProbe's answer: first its control, a known number of allocations.
  @Test(arguments: Architecture.all.map(\.name) + ["other-layers"])
  func aTrainingStepAllocatesNothing(architecture: String) throws {
    let run = try Binary.run(
      [architecture, "2"], program: Binary.path(of: "AllocationProbe"))
    #expect(run.errors == "")
    let counts = run.output.split(separator: "\n").map(String.init)
    // Ten buffers, each an object and its floats; the object may lie on the stack.
    let control = Int(counts.first ?? "") ?? 0
    #expect((10...20).contains(control), "the probe counts \(control) allocations of ten buffers")
    #expect(counts.dropFirst().count == 4)
    #expect(Set(counts.dropFirst()) == ["0"], "allocations in four steps: \(counts.dropFirst())")
  }
}
