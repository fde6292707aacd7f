import Foundation

/// Whose face, from where, in what light: everything about a drawn picture but its expression.
///
/// Lengths are in half face widths from the face's centre, x to the right and y down; tones are 0
/// black to 1 white.
struct DrawnPerson {
  enum Hair: CaseIterable { case short, fringe, long, bald }

  // The face.
  var faceHeight: Float = 1.3
  var jaw: Float = 0.25
  var skin: Float = 0.68
  var hairTone: Float = 0.15
  var hair = Hair.short
  var hairline: Float = -0.85
  var parting: Float = 0.3
  var eyeSpacing: Float = 0.41
  var eyeY: Float = -0.2
  var eyeWidth: Float = 0.19
  var iris: Float = 0.15
  var browY: Float = -0.47
  var browThickness: Float = 0.055
  var browTone: Float = 0.14
  var noseLength: Float = 0.27
  var noseWidth: Float = 0.16
  var mouthY: Float = 0.66
  var mouthWidth: Float = 0.33
  var lipThickness: Float = 0.075
  var lipTone: Float = 0.62  // factor on the skin
  var glasses: Float = 0  // opacity of the frames
  var beard: Float = 0
  var shirt: Float = 0.4
  var background: (Float, Float) = (0.45, 0.55)  // left, right

  // The view and the light.
  var roll: Float = 0  // radians
  var yaw: Float = 0
  var pitch: Float = 0
  var light: (x: Float, y: Float, z: Float) = (-0.2, -0.35, 0.91)
  var ambient: Float = 0.45

  init() {}

  /// A person of their own from `random`.
  init(random: inout SeededRandom) {
    func spread(_ middle: Float, _ half: Float) -> Float {
      random.uniform(middle - half, middle + half)
    }
    faceHeight = spread(1.3, 0.1)
    jaw = spread(0.25, 0.15)
    skin = spread(0.62, 0.22)
    hairTone = random.uniform() < 0.75 ? spread(0.12, 0.1) : spread(0.6, 0.2)
    hair = Hair.allCases[min(random.integer(below: 7) / 2, 3)]
    hairline = spread(-0.85, 0.12)
    parting = spread(0, 0.5)
    eyeSpacing = spread(0.41, 0.04)
    eyeY = spread(-0.2, 0.04)
    eyeWidth = spread(0.19, 0.025)
    iris = spread(0.18, 0.12)
    browY = eyeY - spread(0.27, 0.03)
    browThickness = spread(0.055, 0.02)
    browTone = min(hairTone, 0.35) + spread(0.03, 0.03)
    noseLength = spread(0.27, 0.06)
    noseWidth = spread(0.16, 0.035)
    mouthY = spread(0.66, 0.05)
    mouthWidth = spread(0.33, 0.04)
    lipThickness = spread(0.075, 0.025)
    lipTone = spread(0.65, 0.12)
    glasses = random.uniform() < 0.15 ? spread(0.75, 0.2) : 0
    beard = random.uniform() < 0.15 ? spread(0.4, 0.2) : 0
    shirt = spread(0.45, 0.4)
    background = (spread(0.5, 0.4), spread(0.5, 0.4))
    roll = spread(0, 0.2)
    yaw = spread(0, 0.28)
    pitch = spread(0, 0.12)
    let (across, down) = (spread(0, 0.75), spread(-0.3, 0.4))
    let length = (across * across + down * down + 1).squareRoot()
    light = (across / length, down / length, 1 / length)
    ambient = spread(0.45, 0.15)
  }
}
