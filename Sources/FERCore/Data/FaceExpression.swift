/// What a face does, in the muscle movements of FACS (action units, Ekman & Friesen 1978).
///
/// Heights are in half face widths, positive is raised; the rest are factors or shares, neutral at
/// 1 or 0.
struct FaceExpression {
  var innerBrow: Float = 0  // AU1 up, AU4 down
  var outerBrow: Float = 0  // AU2 up
  var browsTogether: Float = 0  // AU4, share
  var eyeOpening: Float = 1  // AU5 above 1, AU7 and AU43 below, factor
  var lowerLid: Float = 0  // AU6 and AU7, share
  var lipCorners: Float = 0  // AU12 up, AU15 down
  var mouthWidth: Float = 1  // AU20 above, AU18 below, factor
  var jawDrop: Float = 0  // AU26 and AU27, height of the opening
  var teeth: Float = 0  // share of the opening
  var upperLip: Float = 0  // AU10
  var lipPress: Float = 0  // AU23 and AU24, share
  var noseWrinkle: Float = 0  // AU9, share
  var cheekFold: Float = 0  // the fold from nose to mouth, share
  var foreheadLines: Float = 0  // share

  /// The expression at full strength, after the prototypes in Ekman & Friesen 1978.
  init(_ emotion: Emotion) {
    switch emotion {
    case .neutral: break
    case .happy:  // 6 + 12
      (lipCorners, mouthWidth, jawDrop, teeth) = (0.17, 1.3, 0.13, 0.85)
      (lowerLid, eyeOpening, cheekFold) = (0.55, 0.8, 0.8)
    case .sad:  // 1 + 4 + 15
      (innerBrow, outerBrow, browsTogether) = (0.15, -0.09, 0.35)
      (eyeOpening, lipCorners, mouthWidth) = (0.68, -0.15, 0.85)
      (lipPress, foreheadLines) = (0.1, 0.3)
    case .surprise:  // 1 + 2 + 5 + 26
      (innerBrow, outerBrow, foreheadLines) = (0.19, 0.19, 0.7)
      (eyeOpening, jawDrop, mouthWidth) = (1.55, 0.42, 0.66)
    case .angry:  // 4 + 5 + 7 + 23
      (innerBrow, outerBrow, browsTogether) = (-0.17, 0.07, 0.95)
      (eyeOpening, lowerLid, lipPress) = (0.85, 0.45, 0.9)
      (lipCorners, mouthWidth) = (-0.04, 0.92)
    case .fear:  // 1 + 2 + 4 + 5 + 20 + 26
      (innerBrow, outerBrow, browsTogether) = (0.19, 0.03, 0.75)
      (eyeOpening, foreheadLines) = (1.5, 0.8)
      (lipCorners, mouthWidth, jawDrop, teeth) = (-0.09, 1.22, 0.17, 0.45)
    case .disgust:  // 9 + 10 + 15
      (innerBrow, outerBrow, browsTogether) = (-0.12, -0.06, 0.5)
      (eyeOpening, lowerLid, noseWrinkle, cheekFold) = (0.5, 0.6, 1, 0.9)
      (upperLip, lipCorners, jawDrop, mouthWidth) = (0.13, -0.1, 0.06, 0.95)
    }
  }

  /// The expression in one person's strength and manner: from neutral towards it by `strength`,
  /// each movement off by a little of its own.
  init(_ emotion: Emotion, strength: Float, random: inout SeededRandom) {
    let full = FaceExpression(emotion)
    let rest = FaceExpression(.neutral)
    func part(_ field: KeyPath<FaceExpression, Float>, _ spread: Float) -> Float {
      let value = rest[keyPath: field] + (full[keyPath: field] - rest[keyPath: field]) * strength
      return value + spread * min(max(random.normal(), -2), 2)
    }
    innerBrow = part(\.innerBrow, 0.02)
    outerBrow = part(\.outerBrow, 0.025)
    browsTogether = min(max(part(\.browsTogether, 0.1), 0), 1)
    eyeOpening = max(part(\.eyeOpening, 0.09), 0.3)
    lowerLid = min(max(part(\.lowerLid, 0.1), 0), 0.8)
    lipCorners = part(\.lipCorners, 0.02)
    mouthWidth = max(part(\.mouthWidth, 0.07), 0.5)
    jawDrop = part(\.jawDrop, 0.025)
    if jawDrop < 0.03 { jawDrop = 0 }
    teeth = min(max(part(\.teeth, 0.2), 0), 1)
    upperLip = max(part(\.upperLip, 0.012), 0)
    lipPress = min(max(part(\.lipPress, 0.1), 0), 1)
    noseWrinkle = min(max(part(\.noseWrinkle, 0.08), 0), 1)
    cheekFold = min(max(part(\.cheekFold, 0.15), 0), 1)
    foreheadLines = min(max(part(\.foreheadLines, 0.12), 0), 1)
  }
}
