/// Inputs side by side along one axis; the others agree.
public final class Concatenate: Layer {
  public let className = "Concatenate"
  /// From 0, the batch not counted; negative from the last: -1 is the channels of an image.
  public let axis: Int

  public init(axis: Int = -1) { self.axis = axis }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard let first = inputs.first, inputs.count >= 1 else { throw ShapeError("takes inputs") }
    let axis = self.axis < 0 ? first.rank + self.axis : self.axis
    guard 0..<first.rank ~= axis else {
      throw ShapeError("has no axis \(self.axis) in inputs of \(first)")
    }
    for shape in inputs.dropFirst() {
      guard shape.rank == first.rank,
        (0..<first.rank).allSatisfy({ $0 == axis || shape[$0] == first[$0] })
      else { throw ShapeError("inputs differ besides axis \(axis): \(first) and \(shape)") }
    }
    var dimensions = first.dimensions
    dimensions[axis] = inputs.reduce(0) { $0 + $1[axis] }
    return Shape(dimensions)
  }

  public func forward(_ call: ForwardCall) {
    var offset = 0
    for input in call.inputs {
      let run = run(input.shape)
      let step = self.run(call.output.shape)
      let rows = input.shape.count / run
      let start = offset
      call.pool.run(over: rows, grain: max(1, Kernels.elementGrain / run)) { range in
        for row in range {
          (call.output.base + row * step + start).update(from: input.base + row * run, count: run)
        }
      }
      offset += run
    }
  }

  public func backward(_ call: BackwardCall) {
    var offset = 0
    let step = run(call.outputGradient.shape)
    for (index, input) in call.inputs.enumerated() {
      let run = run(input.shape)
      if let dx = call.inputGradients[index] {
        let start = offset
        let rows = dx.shape.count / run
        call.pool.run(over: rows, grain: max(1, Kernels.elementGrain / run)) { range in
          for row in range {
            (dx.base + row * run)
              .update(from: call.outputGradient.base + row * step + start, count: run)
          }
        }
      }
      offset += run
    }
  }

  /// Elements from one step of the axis before `axis` to the next, in a batched shape.
  private func run(_ shape: Shape) -> Int {
    let axis = self.axis < 0 ? shape.rank + self.axis : self.axis + 1
    return shape.dimensions[axis...].reduce(1, *)
  }
}
