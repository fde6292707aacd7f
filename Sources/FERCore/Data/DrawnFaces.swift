import Dispatch
import Foundation

/// Faces drawn by a program, with all seven expressions: data for a demo and for tests where
/// FER-2013 is not at hand. No one's picture, and free to share.
///
/// The expressions are FACS prototypes in varying strength, on persons that differ in shape,
/// features, hair, glasses, beard, pose and light. What a network learns from them says nothing
/// about real faces.
public enum DrawnFaces {
  /// `count` faces of 48 x 48, the seven emotions in turn; the same seed draws the same faces on
  /// any number of threads. The first 80% are Training, then PublicTest and PrivateTest with 10%
  /// each.
  public static func draw(count: Int, seed: UInt64) -> FaceDataset {
    precondition(count >= 0)
    let side = 48
    let size = side * side
    let pixels = [UInt8](unsafeUninitializedCapacity: count * size) { target, initialized in
      let output = Unchecked(target)
      DispatchQueue.concurrentPerform(iterations: count) { index in
        let face = face(emotion(index), seed: seed, index: index, side: side)
        _ = UnsafeMutableBufferPointer(rebasing: output.value[index * size..<(index + 1) * size])
          .initialize(from: face)
      }
      initialized = count * size
    }
    let (training, publicTest) = (count * 8 / 10, count * 9 / 10)
    return FaceDataset(
      side: side, pixels: pixels, labels: (0..<count).map { UInt8(emotion($0).rawValue) },
      splits: (0..<count).map {
        $0 < training ? .training : $0 < publicTest ? .publicTest : .privateTest
      })
  }

  /// A picture of `side * side` gray pixels, row-major, with one face in it, upright, half as wide
  /// as the picture, in even light: what a face detector finds.
  public static func portrait(emotion: Emotion, seed: UInt64, side: Int = 400) -> [UInt8] {
    precondition(side > 0)
    var random = SeededRandom(seed: seed, RandomStream.drawnFace, UInt64(emotion.rawValue))
    var person = DrawnPerson(random: &random)
    person.skin = random.uniform(0.66, 0.8)
    person.background = (random.uniform(0.4, 0.6), random.uniform(0.4, 0.6))
    person.roll = random.uniform(-0.04, 0.04)
    person.yaw = random.uniform(-0.08, 0.08)
    person.pitch = 0
    person.light = (random.uniform(-0.2, 0.2), -0.3, 0.93)
    person.ambient = 0.5
    person.glasses = 0
    person.beard = 0
    if person.hair == .fringe { person.hair = .short }
    let expression = FaceExpression(
      emotion, strength: random.uniform(0.85, 1), random: &random)
    let picture = Picture(
      side: side, scale: Float(side) * 0.23, centre: (Float(side) * 0.5, Float(side) * 0.48))
    return picture.render(person, expression, noise: 2, contrast: 1, random: &random)
  }

  private static func emotion(_ index: Int) -> Emotion {
    Emotion.allCases[index % Emotion.allCases.count]
  }

  private static func face(_ emotion: Emotion, seed: UInt64, index: Int, side: Int) -> [UInt8] {
    var random = SeededRandom(seed: seed, RandomStream.drawnFace, UInt64(index))
    let person = DrawnPerson(random: &random)
    let expression = FaceExpression(
      emotion, strength: random.uniform(0.7, 1.1), random: &random)
    let length = Float(side)
    let picture = Picture(
      side: side, scale: length * random.uniform(0.36, 0.47),
      centre: (
        length * random.uniform(0.45, 0.55), length * random.uniform(0.44, 0.54)
      ))
    return picture.render(
      person, expression, noise: random.uniform(2, 7), contrast: random.uniform(0.7, 1.15),
      random: &random)
  }
}

/// A square picture and where the face stands in it, in pixels.
private struct Picture {
  let side: Int
  /// Half the face's width.
  let scale: Float
  let centre: (Float, Float)

  /// Gray bytes, each the mean of 2 x 2 samples, with normal noise of `noise` levels.
  func render(
    _ person: DrawnPerson, _ expression: FaceExpression, noise: Float, contrast: Float,
    random: inout SeededRandom
  ) -> [UInt8] {
    let painter = FacePainter(person: person, expression: expression, softness: 0.8 / scale)
    let (cosine, sine) = (Foundation.cos(person.roll) / scale, Foundation.sin(person.roll) / scale)
    return (0..<side * side).map { index in
      var sum: Float = 0
      for sample in 0..<4 {
        let x = Float(index % side) + (sample & 1 == 0 ? 0.25 : 0.75) - centre.0
        let y = Float(index / side) + (sample & 2 == 0 ? 0.25 : 0.75) - centre.1
        sum += painter.tone(cosine * x + sine * y, cosine * y - sine * x)
      }
      let level = ((sum / 4 - 0.5) * contrast + 0.5) * 255 + noise * random.normal()
      return UInt8(min(max(level, 0), 255))
    }
  }
}
