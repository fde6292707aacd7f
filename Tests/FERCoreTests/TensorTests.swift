import Testing

@testable import FERCore

@Suite struct TensorTests {
  @Test func aCopyIsNotChangedByWritingTheOriginal() {
    var a = Tensor([2, 3], [1, 2, 3, 4, 5, 6])
    let b = a
    a[4] = 50
    #expect(b.elements == [1, 2, 3, 4, 5, 6])
    #expect(a.elements == [1, 2, 3, 4, 50, 6])
  }

  @Test func shapesCountAndPrint() {
    let shape: Shape = [2, 48, 48, 1]
    #expect(shape.count == 4608)
    #expect(shape.description == "[2, 48, 48, 1]")
    #expect(shape.perSample == [48, 48, 1])
    #expect(shape.perSample.batched(2) == shape)
  }
}
