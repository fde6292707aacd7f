import Testing

@testable import FERCore

@Suite struct CopyKernelTests {
  @Test(arguments: [0, 1, Kernels.elementGrain, 2 * Kernels.elementGrain + 5])
  func everyElementAndNoOther(count: Int) {
    let source = GuardedFloats((0..<count).map(Float.init))
    let target = GuardedFloats(count: count)
    Kernels.copy(
      TensorView(base: source.base, shape: [count]),
      to: MutableTensorView(base: target.base, shape: [count]), pool: WorkerPool(threads: 2))
    #expect(target.elements == source.elements)
    #expect(source.isIntact && target.isIntact)
  }
}
