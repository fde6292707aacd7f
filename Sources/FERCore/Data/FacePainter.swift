import Foundation

/// Paints one person with one expression: a tone for every place, layer over layer.
///
/// The head is an ellipsoid. Its outline and light come from the place itself, the features from
/// the place turned back by yaw and pitch, so that they move over the head as a real face's do.
struct FacePainter {
  let person: DrawnPerson
  let expression: FaceExpression
  /// Width of an output sample in half face widths: edges are this soft.
  let softness: Float
  private let yaw: (cosine: Float, sine: Float)
  private let pitch: (cosine: Float, sine: Float)

  init(person: DrawnPerson, expression: FaceExpression, softness: Float) {
    self.person = person
    self.expression = expression
    self.softness = softness
    yaw = (Foundation.cos(person.yaw), Foundation.sin(person.yaw))
    pitch = (Foundation.cos(person.pitch), Foundation.sin(person.pitch))
  }

  /// The tone at `(x, y)`, 0 … 1, in half face widths from the face's centre.
  func tone(_ x: Float, _ y: Float) -> Float {
    let outline = headDistance(x, y)
    var tone = outline < -softness ? 0 : surroundings(x, y)
    if outline < softness {
      let skin = head(x, y)
      tone += (skin - tone) * cover(outline)
    }
    return frontHair(x, y, over: tone)
  }

  // MARK: - Layers around the face

  private func surroundings(_ x: Float, _ y: Float) -> Float {
    let share = min(max(x / 4 + 0.5, 0), 1)
    var tone = person.background.0 + (person.background.1 - person.background.0) * share
    // Hair behind the head, down to the shoulders where it is long.
    if person.hair != .bald {
      let bottom: Float = person.hair == .long ? 1.35 : 0.1
      let width: Float = person.hair == .long ? 1.2 : 1.08
      let down = y + 0.2
      let along = down > 0 && person.hair == .long ? down * 0.45 : down
      let shape = max(
        ellipse(x, along, width, person.faceHeight - 0.05),
        y - bottom - 0.05 * Foundation.sin(19 * x))
      tone += (person.hairTone * hairLight(x, y) - tone) * cover(shape)
    }
    // Neck in the head's shadow, then the shirt.
    let neck = max(abs(x) - 0.55, 0.7 - y)
    tone += (person.skin * 0.55 - tone) * cover(neck)
    let shoulders = person.faceHeight + 0.15 + 0.22 * x * x + 0.3 * max(0.4 - abs(x), 0) - y
    tone += (person.shirt - tone) * cover(shoulders)
    // Ears.
    let ear = ellipse(abs(x) - 1, y - 0.02, 0.12, 0.26)
    return tone + (person.skin * 0.72 - tone) * cover(ear)
  }

  private func headDistance(_ x: Float, _ y: Float) -> Float {
    // Below the eyes the width goes in towards the chin.
    let lower = max(y, 0) / person.faceHeight
    return ellipse(x / (1 - person.jaw * lower * lower), y, 1, person.faceHeight)
  }

  private func frontHair(_ x: Float, _ y: Float, over tone: Float) -> Float {
    let cap = ellipse(x, y, 1.06, person.faceHeight + 0.07)
    guard cap < softness, person.hair != .bald else { return tone }
    // The parting, and strands that end unevenly.
    let part = x - person.parting
    let strands =
      0.035 * Foundation.sin(23 * x + 3 * person.parting) + 0.02 * Foundation.sin(57 * x)
    let line: Float =
      switch person.hair {
      case .bald: 0
      case .short: 0.5 * x * x * abs(x) + 0.12 * abs(part)
      case .fringe: 0.22 + 0.15 * x * person.parting + 0.2 * x * x
      case .long: -0.25 + 0.58 * abs(part).squareRoot() + 0.5 * x * x * abs(x)
      }
    let shape = max(cap, y - person.hairline - line - strands)
    return tone + (person.hairTone * hairLight(x, y) - tone) * cover(shape, soft: 0.05)
  }

  private func hairLight(_ x: Float, _ y: Float) -> Float {
    // Strands run from the parting outwards.
    let away = (x - person.parting) / (abs(y + 1.6) + 0.3)
    let strands = 0.1 * Foundation.sin(31 * away) + 0.08 * Foundation.sin(73 * away + 1)
    return 0.8 + strands + 0.5 * glow(x - person.light.x, y + 1, 0.5, 0.3)
  }

  // MARK: - The face

  private func head(_ x: Float, _ y: Float) -> Float {
    let height = person.faceHeight
    let v = y / height
    let depth = max(1 - x * x - v * v, 0).squareRoot()
    let light = person.light
    let lambert = max(x * light.x + v * light.y + depth * light.z, 0)
    let shade = person.ambient + (1 - person.ambient) * lambert
    // The place on the face, with the head's turn taken back.
    let u = x * yaw.cosine - depth * yaw.sine
    let w = y * pitch.cosine - depth * height * pitch.sine
    var tone = person.skin * shade
    tone *= relief(u, w)
    tone = mouth(u, w, tone)
    tone = nose(u, w, tone)
    for side: Float in [-1, 1] {
      tone = eye(u * side, w, tone, side: side)
      tone = brow(u * side, w, tone)
    }
    return glasses(u, w, tone)
  }

  /// Light and shadow of the skin itself: a factor.
  private func relief(_ x: Float, _ y: Float) -> Float {
    let ax = abs(x)
    let eyes = person.eyeY
    var tone: Float = 1
    tone -= 0.33 * glow(ax - person.eyeSpacing, y - eyes - 0.01, 0.27, 0.17)  // sockets
    tone -= 0.22 * glow(ax - 0.17, y - eyes + 0.02, 0.09, 0.14)  // beside the nose's root
    tone += 0.14 * glow(x, y + 0.72, 0.6, 0.22)  // forehead
    tone += 0.16 * glow(ax - 0.5, y - 0.22, 0.26, 0.2)  // cheeks
    tone += 0.1 * glow(x, y - person.faceHeight + 0.18, 0.25, 0.13)  // chin
    let underLip = person.mouthY + 0.2 + expression.jawDrop
    tone -= 0.12 * glow(x, y - underLip, 0.24, 0.06)
    // The fold from nose to mouth.
    let drop = y - 0.2
    let fold = 0.22 + 0.5 * drop * (0.55 + 0.3 * expression.mouthWidth)
    if drop > -0.1, drop < 0.6 {
      let depth = (0.07 + 0.24 * expression.cheekFold) * glow(0, drop - 0.2, 1, 0.17)
      tone -= depth * line(ax - fold, 0.05)
    }
    // Lines of the forehead, of the frown, of the wrinkled nose.
    if y < person.browY - 0.1, expression.foreheadLines > 0 {
      for row: Float in [0.17, 0.28, 0.39] {
        let wave = y - person.browY + row + expression.innerBrow * 0.7 - 0.06 * x * x
        tone -= 0.22 * expression.foreheadLines * line(wave, 0.025) * glow(x, 0, 0.5, 1)
      }
    }
    if expression.browsTogether > 0 {
      let height = glow(0, y - person.browY - 0.05, 1, 0.1)
      tone -= 0.3 * expression.browsTogether * line(ax - 0.07, 0.035) * height
    }
    if expression.noseWrinkle > 0 {
      for row: Float in [0, 0.1, 0.2] {
        let wave = y - eyes - row + 0.6 * ax
        tone -= 0.4 * expression.noseWrinkle * line(wave, 0.03) * glow(ax - 0.1, 0, 0.12, 1)
      }
    }
    if person.beard > 0, y > 0.25 {
      let around = glow(x, y - person.mouthY, 0.34, 0.13)
      tone *= 1 - person.beard * min((y - 0.25) * 2.5, 1) * (1 - 0.5 * around)
    }
    return tone
  }

  private func nose(_ x: Float, _ y: Float, _ under: Float) -> Float {
    let ax = abs(x)
    let tip = person.noseLength - 0.05 * expression.noseWrinkle
    let width = person.noseWidth * (1 + 0.2 * expression.noseWrinkle)
    var tone = under
    if y > person.eyeY - 0.15, y < tip + 0.1 {
      let along = min(max((tip - y) / (tip - person.eyeY), 0), 1)
      let half = width * (0.75 - 0.3 * along)
      let fade = min((1 - along) * 3 + 0.1, 1) * min((tip + 0.1 - y) * 8, 1)
      tone *= 1 + 0.16 * fade * glow(x - 0.02 * person.light.x, 0, half * 0.7, 1)
      // The side away from the light.
      let away: Float = person.light.x > 0 ? -1 : 1
      let shadow = (0.08 + 0.3 * abs(person.light.x)) * fade
      tone *= 1 - shadow * glow(x - away * half * 1.3, 0, half * 0.6, 1)
      tone *= 1 - 0.08 * fade * glow(x + away * half * 1.3, 0, half * 0.6, 1)
    }
    tone *= 1 + 0.14 * glow(x, y - tip + 0.03, 0.09, 0.07)
    tone *= 1 - 0.3 * glow(x, y - tip - 0.1, width * 1.1, 0.045)  // shadow under the nose
    tone *= 1 - 0.28 * glow(ax - width, y - tip + 0.02, 0.035, 0.07)  // wings
    return tone * (1 - 0.6 * glow(ax - width * 0.55, y - tip - 0.055, 0.05, 0.028))  // nostrils
  }

  /// `x` runs outwards from the nose on either side; `side` says which, so that both eyes look one
  /// way.
  private func eye(_ x: Float, _ y: Float, _ under: Float, side: Float) -> Float {
    let half = person.eyeWidth
    let dx = x - person.eyeSpacing
    let dy = y - person.eyeY
    guard abs(dx) < half * 1.7, abs(dy) < 0.4 else { return under }
    let across = dx / half
    let arch = max(1 - across * across, 0)
    let upper = -0.105 * expression.eyeOpening * arch.squareRoot() * (0.6 + 0.4 * arch)
    let lower = 0.075 * (1 - expression.lowerLid) * arch
    var tone = under
    // The lid's crease, and the pouch a raised cheek pushes up.
    tone *= 1 - 0.3 * line(dy - upper + 0.055, 0.025) * min(arch * 2, 1)
    tone *= 1 - 0.3 * expression.lowerLid * line(dy - lower - 0.07, 0.035) * min(arch * 2, 1)
    let opening = max(max(upper - dy, dy - lower), (abs(across) - 1) * half)
    if opening < softness {
      var ball = min(person.skin * 0.45 + 0.5, 0.95) * (0.75 + 0.25 * arch)
      let gaze = dx + side * person.yaw * 0.04
      let radius = (gaze * gaze + (dy + 0.012) * (dy + 0.012)).squareRoot()
      ball += (person.iris - ball) * cover(radius - 0.092)
      ball += (0.03 - ball) * cover(radius - 0.042)
      ball += (0.95 - ball) * cover(ellipse(gaze + 0.03 * side, dy + 0.045, 0.024, 0.024))
      ball *= 1 - 0.35 * line(dy - upper, 0.05)  // shadow of the lid
      tone += (ball - tone) * cover(opening)
    }
    // Lashes.
    if abs(across) < 1.05 {
      let lash = abs(dy - upper) - 0.024
      tone += (person.skin * 0.14 - tone) * 0.9 * cover(lash)
      tone *= 1 - 0.25 * line(dy - lower, 0.02)
    }
    return tone
  }

  private func brow(_ x: Float, _ y: Float, _ under: Float) -> Float {
    let inner = 0.2 - 0.07 * expression.browsTogether
    let outer = person.eyeSpacing + person.eyeWidth * 1.35
    let along = (x - inner) / (outer - inner)
    guard along > -0.15, along < 1.15 else { return under }
    let share = min(max(along, 0), 1)
    // Straight from inner to outer height, with an arch that a frown flattens.
    let arch = 0.07 * (1 - 0.6 * expression.browsTogether) * 4 * share * (1 - share)
    let raised = expression.innerBrow * (1 - share) + expression.outerBrow * share + arch
    let middle = person.browY - raised + 0.05 * share * share
    let thick = person.browThickness * (1.1 - 0.6 * share)
    let ends = max(-along, along - 1) * (outer - inner)
    let shape = max(abs(y - middle) - thick, ends)
    return under + (person.browTone - under) * 0.88 * cover(shape, soft: 0.03)
  }

  private func mouth(_ x: Float, _ y: Float, _ under: Float) -> Float {
    let half = person.mouthWidth * expression.mouthWidth
    let dy = y - person.mouthY
    guard abs(x) < half * 1.35, abs(dy) < 0.75 else { return under }
    let across = x / half
    let arch = max(1 - across * across, 0)
    let round = arch.squareRoot()
    // Where the lips meet; the corners rise or fall, and the middle gives a little the other way.
    let seam = dy + expression.lipCorners * (across * across - 0.35)
    let top =
      -expression.jawDrop * 0.25 * round - expression.upperLip * (0.35 + 0.65 * round) * round
    let bottom = expression.jawDrop * 0.85 * round
    let thick = person.lipThickness * (1 - 0.7 * expression.lipPress)
    let dip = 0.25 * glow(across, 0, 0.16, 1)
    let upperEdge = top - thick * round * (1 - dip)
    let lowerEdge = bottom + thick * 1.35 * round
    var tone = under
    let ends = (abs(across) - 1) * half
    let lips = max(max(upperEdge - seam, seam - lowerEdge), ends)
    if lips < softness {
      let isUpper = seam < (top + bottom) / 2
      var lip = under * person.lipTone * (isUpper ? 0.85 : 1)
      lip *= 1 + 0.25 * glow(across, seam - bottom - thick * 0.6, 0.4, 0.04)
      tone += (lip - tone) * cover(lips)
    }
    let opening = max(max(top - seam, seam - bottom), ends)
    if expression.jawDrop + expression.upperLip > 0.03, opening < softness {
      var inside: Float = 0.07
      let row = top + (bottom - top) * (0.25 + 0.5 * expression.teeth)
      if expression.teeth > 0.05 || expression.upperLip > 0.04 {
        let shown = max(expression.teeth, expression.upperLip > 0.04 ? 0.6 : 0)
        inside += (0.88 - inside) * shown * cover(seam - row) * (0.6 + 0.4 * arch)
      }
      tone += (inside - tone) * cover(opening)
    } else {
      tone *= 1 - 0.65 * line(seam - top, 0.028) * min(round * 1.6, 1)
    }
    // Corners are dimples of shadow.
    let corner = expression.lipCorners * 0.65
    return tone * (1 - 0.4 * glow(abs(x) - half, dy + corner, 0.05, 0.05))
  }

  private func glasses(_ x: Float, _ y: Float, _ under: Float) -> Float {
    guard person.glasses > 0 else { return under }
    let rim = abs(ellipse(abs(x) - person.eyeSpacing, y - person.eyeY - 0.04, 0.3, 0.25)) - 0.025
    let bridge = max(abs(y - person.eyeY) - 0.025, abs(x) - person.eyeSpacing + 0.29)
    let arm = max(abs(y - person.eyeY) - 0.03, person.eyeSpacing + 0.3 - abs(x))
    return under + (0.08 - under) * person.glasses * cover(min(rim, min(bridge, arm)))
  }

  // MARK: - Shapes

  /// How much of a sample lies inside a shape `distance` away from its edge (negative inside).
  private func cover(_ distance: Float, soft: Float = 0) -> Float {
    min(max(0.5 - distance / max(softness, soft), 0), 1)
  }

  /// Roughly the distance to an ellipse about the origin, negative inside.
  private func ellipse(_ x: Float, _ y: Float, _ width: Float, _ height: Float) -> Float {
    let (u, v) = (x / width, y / height)
    return ((u * u + v * v).squareRoot() - 1) * min(width, height)
  }

  /// A soft spot: 1 at the origin, 0 from about two widths on.
  private func glow(_ x: Float, _ y: Float, _ width: Float, _ height: Float) -> Float {
    let (u, v) = (x / width, y / height)
    let rest = max(1 - (u * u + v * v) / 4, 0)
    return rest * rest * rest
  }

  /// A soft line where `offset` is 0.
  private func line(_ offset: Float, _ width: Float) -> Float {
    let part = offset / max(width, softness * 0.5)
    let rest = max(1 - part * part / 4, 0)
    return rest * rest
  }
}
