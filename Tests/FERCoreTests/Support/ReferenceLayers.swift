import Foundation

@testable import FERCore

/// Layers in Double from their definitions, by nested loops over samples and axes.
struct ReferenceLayers {
  let batchSize: Int
  let shapes: [Shape]
  let parameters: [[Double]]

  func apply(_ layer: Layer, to inputs: [[Double]]) -> [Double] {
    let (x, shape) = (inputs[0], shapes[0])
    switch layer {
    case is Reshape, is Identity:
      return x
    case let layer as ZeroPadding2D:
      let m = layer.margins
      return image(
        x, shape, height: shape[0] + m.top + m.bottom, width: shape[1] + m.left + m.right
      ) { ($0 - Double(m.top), $1 - Double(m.left)) }
    case let layer as Cropping2D:
      let m = layer.margins
      return image(
        x, shape, height: shape[0] - m.top - m.bottom, width: shape[1] - m.left - m.right
      ) { ($0 + Double(m.top), $1 + Double(m.left)) }
    case let layer as UpSampling2D:
      return resized(
        x, shape, height: shape[0] * layer.factors.rows, width: shape[1] * layer.factors.columns,
        layer.interpolation)
    case let layer as Resizing:
      return resized(
        x, shape, height: layer.size.height, width: layer.size.width, layer.interpolation)
    case let layer as Permute:
      return samples(x) { permuted($0, shape, layer.axes.map { $0 - 1 }) }
    case is GlobalMaxPooling2D:
      return samples(x) { sample in
        (0..<shape[2]).map { c in
          stride(from: c, to: sample.count, by: shape[2]).map { sample[$0] }.max()!
        }
      }
    case is ShareOfSum:
      return samples(x) { sample in sample.map { $0 / sample.reduce(0, +) } }
    case let layer as RectifiedLinear:
      return x.map { rectified($0, layer) }
    case let layer as PReLU:
      return samples(x) { sample in
        sample.indices.map { i in
          sample[i] > 0 ? sample[i] : parameters[0][slope(i, shape, layer.sharedAxes)] * sample[i]
        }
      }
    case let layer as LayerNormalization:
      return normalized(x, columns: shape.dimensions.suffix(layer.axisCount).reduce(1, *), layer)
    case let layer as Normalization:
      let mean = layer.constants?.mean.map(Double.init) ?? parameters[0]
      let variance = layer.constants?.variance.map(Double.init) ?? parameters[1]
      return x.indices.map { i in
        let c = i % shape.last
        return (x[i] - mean[c % mean.count]) / max(variance[c % variance.count].squareRoot(), 1e-7)
      }
    case let layer as Merge:
      return merged(layer.operation, inputs)
    case let layer as Concatenate:
      return concatenated(inputs, axis: layer.axis < 0 ? shape.rank + layer.axis : layer.axis)
    default:
      preconditionFailure("no reference for \(layer.className)")
    }
  }

  /// `body` of each sample.
  private func samples(_ x: [Double], _ body: ([Double]) -> [Double]) -> [Double] {
    let count = x.count / batchSize
    return (0..<batchSize).flatMap { body(Array(x[$0 * count..<($0 + 1) * count])) }
  }

  /// An image whose pixels lie between those of another, at places `place` names; outside is zero.
  private func image(
    _ x: [Double], _ shape: Shape, height: Int, width: Int,
    _ place: (Double, Double) -> (Double, Double)
  ) -> [Double] {
    samples(x) { sample in
      (0..<height).flatMap { row in
        (0..<width).flatMap { column in
          let (y, x) = place(Double(row), Double(column))
          return (0..<shape[2]).map { pixel(sample, shape, y, x, $0) }
        }
      }
    }
  }

  private func pixel(_ sample: [Double], _ shape: Shape, _ y: Double, _ x: Double, _ c: Int)
    -> Double
  {
    var sum = 0.0
    for row in [Int(y.rounded(.down)), Int(y.rounded(.down)) + 1] {
      for column in [Int(x.rounded(.down)), Int(x.rounded(.down)) + 1] {
        let weight = max(0, 1 - abs(y - Double(row))) * max(0, 1 - abs(x - Double(column)))
        guard weight > 0, 0..<shape[0] ~= row, 0..<shape[1] ~= column else { continue }
        sum += weight * sample[(row * shape[1] + column) * shape[2] + c]
      }
    }
    return sum
  }

  private func resized(
    _ x: [Double], _ shape: Shape, height: Int, width: Int, _ interpolation: Interpolation
  ) -> [Double] {
    func source(_ place: Double, _ from: Int, _ to: Int) -> Double {
      let centre = (place + 0.5) * Double(from) / Double(to)
      return interpolation == .nearest
        ? centre.rounded(.down) : min(Double(from - 1), max(0, centre - 0.5))
    }
    return image(x, shape, height: height, width: width) {
      (source($0, shape[0], height), source($1, shape[1], width))
    }
  }

  private func permuted(_ sample: [Double], _ shape: Shape, _ axes: [Int]) -> [Double] {
    let output = Shape(axes.map { shape[$0] })
    return (0..<output.count).map { i in
      let index = indices(i, output)
      var source = Array(repeating: 0, count: shape.rank)
      for (position, axis) in axes.enumerated() { source[axis] = index[position] }
      return sample[offset(source, shape)]
    }
  }

  private func indices(_ place: Int, _ shape: Shape) -> [Int] {
    var (rest, result) = (place, [Int]())
    for extent in shape.dimensions.reversed() {
      result.insert(rest % extent, at: 0)
      rest /= extent
    }
    return result
  }

  private func offset(_ index: [Int], _ shape: Shape) -> Int {
    zip(index, shape.dimensions).reduce(0) { $0 * $1.1 + $1.0 }
  }

  private func rectified(_ x: Double, _ layer: RectifiedLinear) -> Double {
    guard x > Double(layer.threshold) else {
      return Double(layer.negativeSlope) * (x - Double(layer.threshold))
    }
    return min(x, layer.maxValue.map(Double.init) ?? .infinity)
  }

  private func slope(_ place: Int, _ shape: Shape, _ shared: [Int]) -> Int {
    let alpha = Shape((0..<shape.rank).map { shared.contains($0 + 1) ? 1 : shape[$0] })
    let index = indices(place, shape).enumerated().map { alpha[$0] == 1 ? 0 : $1 }
    return offset(index, alpha)
  }

  private func normalized(_ x: [Double], columns: Int, _ layer: LayerNormalization) -> [Double] {
    var named: [String: [Double]] = [:]
    for (parameter, values) in zip(layer.parameters, parameters) { named[parameter.name] = values }
    return stride(from: 0, to: x.count, by: columns).flatMap { start -> [Double] in
      let row = x[start..<start + columns]
      let mean = row.reduce(0, +) / Double(columns)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      return row.enumerated().map { j, value in
        (value - mean) / (variance + Double(layer.epsilon)).squareRoot()
          * (named["gamma"]?[j] ?? 1) + (named["beta"]?[j] ?? 0)
      }
    }
  }

  private func merged(_ operation: Merge.Operation, _ inputs: [[Double]]) -> [Double] {
    guard let output = try? Merge.common(shapes) else { preconditionFailure("\(shapes)") }
    return (0..<batchSize * output.count).map { place in
      let (sample, inside) = (place / output.count, place % output.count)
      let values = inputs.indices.map { k in
        let index = indices(inside, output).enumerated().map { shapes[k][$0] == 1 ? 0 : $1 }
        return inputs[k][sample * shapes[k].count + offset(index, shapes[k])]
      }
      switch operation {
      case .add: return values.reduce(0, +)
      case .subtract: return values[0] - values[1]
      case .multiply: return values.reduce(1, *)
      case .average: return values.reduce(0, +) / Double(values.count)
      case .maximum: return values.max()!
      case .minimum: return values.min()!
      }
    }
  }

  private func concatenated(_ inputs: [[Double]], axis: Int) -> [Double] {
    var dimensions = shapes[0].dimensions
    dimensions[axis] = shapes.reduce(0) { $0 + $1[axis] }
    let output = Shape(dimensions)
    return (0..<batchSize * output.count).map { place in
      let (sample, inside) = (place / output.count, place % output.count)
      var index = indices(inside, output)
      var k = 0
      while index[axis] >= shapes[k][axis] {
        index[axis] -= shapes[k][axis]
        k += 1
      }
      return inputs[k][sample * shapes[k].count + offset(index, shapes[k])]
    }
  }
}
