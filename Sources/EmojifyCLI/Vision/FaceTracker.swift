import Foundation

/// A face that was found in a frame, and what the network says of it.
struct SeenFace: Equatable, Sendable {
  var box: FaceBox
  /// One an emotion, in the network's order.
  var probabilities: [Float]
}

/// A face over time.
struct TrackedFace: Equatable, Sendable {
  /// From 1, in the order faces appear; never given twice.
  let number: Int
  /// Where it was last found.
  var found: FaceBox
  /// `found`, smoothed over time.
  var box: FaceBox
  /// Smoothed over time.
  var probabilities: [Float]
  /// It was found in this frame; else it was a moment ago.
  var isSeen: Bool
}

/// Gives the faces of following frames their identity, by how far they overlap, and calms them: boxes and probabilities
/// follow what is found with a delay in seconds, so the frame rate does not matter.
struct FaceTracker {
  /// Intersection over union from which two boxes in neighbouring frames are one face.
  static let minimumOverlap = 0.3
  /// Delays that take the trembling off a box without it lagging behind a face that walks: its size changes slowly.
  fileprivate static let positionDelay = 0.05
  fileprivate static let sizeDelay = 0.3

  /// How long a face may be out of sight and still be the same.
  let patience: Double
  /// The time in which probabilities go 63 % of the way to a lasting new value; 0 takes each frame's own.
  let smoothing: Double
  /// A face is shown when it was found in that many frames one after the other: detectors see a face for a frame or two
  /// in leaves and folds. Those of the first frame are shown at once.
  let confirmations: Int

  fileprivate struct Track {
    var number: Int?
    var found: FaceBox
    var centre: (x: Double, y: Double)
    var size: (width: Double, height: Double)
    var probabilities: [Float]
    var lastSeen: Double
    var sightings = 1
    var isSeen = true
  }
  private var tracks: [Track] = []
  private var numbers = 0
  private var isFirstFrame = true

  /// - Parameters:
  ///   - patience: in seconds.
  ///   - smoothing: in seconds.
  ///   - confirmations: frames; 1 where they lie so far apart that a face may be gone in the next.
  init(patience: Double = 0.5, smoothing: Double = 0.5, confirmations: Int = 3) {
    self.patience = patience
    self.smoothing = smoothing
    self.confirmations = confirmations
  }

  /// Where to look for faces that are known, those not yet shown included.
  var candidates: [FaceBox] { tracks.map(\.found) }

  /// The faces shown, in the order of their numbers.
  var faces: [TrackedFace] {
    tracks.compactMap { track in
      track.number.map {
        TrackedFace(
          number: $0, found: track.found, box: track.box, probabilities: track.probabilities,
          isSeen: track.isSeen)
      }
    }.sorted { $0.number < $1.number }
  }

  /// Takes in what was found in the frame at `seconds`, which must not go back.
  mutating func update(_ seen: [SeenFace], at seconds: Double) {
    let pairs = Self.pairs(tracks.map(\.found), seen.map(\.box))
    for index in tracks.indices { tracks[index].isSeen = false }
    for (index, face) in pairs {
      tracks[index].take(seen[face], at: seconds, smoothing)
    }
    // One that was seen only once is not waited for.
    tracks.removeAll {
      !$0.isSeen && ($0.number == nil || seconds - $0.lastSeen > patience)
    }
    let known = Set(pairs.map(\.1))
    for (index, face) in seen.enumerated() where !known.contains(index) {
      tracks.append(Track(face, at: seconds))
    }
    for index in tracks.indices where tracks[index].number == nil {
      if isFirstFrame || tracks[index].sightings >= confirmations {
        numbers += 1
        tracks[index].number = numbers
      }
    }
    isFirstFrame = false
  }

  /// Indices of boxes that are one face, best overlap first, each in one pair at most.
  static func pairs(_ old: [FaceBox], _ new: [FaceBox]) -> [(Int, Int)] {
    var candidates: [(overlap: Double, old: Int, new: Int)] = []
    for (i, before) in old.enumerated() {
      for (j, after) in new.enumerated() {
        let overlap = before.intersectionOverUnion(after)
        if overlap >= minimumOverlap { candidates.append((overlap, i, j)) }
      }
    }
    candidates.sort { ($1.overlap, $0.old, $0.new) < ($0.overlap, $1.old, $1.new) }
    var (usedOld, usedNew): (Set<Int>, Set<Int>) = ([], [])
    return candidates.compactMap { _, i, j in
      guard !usedOld.contains(i), !usedNew.contains(j) else { return nil }
      usedOld.insert(i)
      usedNew.insert(j)
      return (i, j)
    }
  }

  /// The share of the way to a new value after `step` seconds.
  fileprivate static func share(_ step: Double, of delay: Double) -> Double {
    delay > 0 ? 1 - exp(-max(0, step) / delay) : 1
  }
}

extension FaceTracker.Track {
  fileprivate init(_ face: SeenFace, at seconds: Double) {
    found = face.box
    centre = face.box.centre
    size = (Double(face.box.width), Double(face.box.height))
    probabilities = face.probabilities
    lastSeen = seconds
  }

  fileprivate mutating func take(_ face: SeenFace, at seconds: Double, _ smoothing: Double) {
    let step = seconds - lastSeen
    let move = FaceTracker.share(step, of: FaceTracker.positionDelay)
    let grow = FaceTracker.share(step, of: FaceTracker.sizeDelay)
    let change = Float(FaceTracker.share(step, of: smoothing))
    found = face.box
    centre.x += move * (face.box.centre.x - centre.x)
    centre.y += move * (face.box.centre.y - centre.y)
    size.width += grow * (Double(face.box.width) - size.width)
    size.height += grow * (Double(face.box.height) - size.height)
    for k in probabilities.indices {
      probabilities[k] += change * (face.probabilities[k] - probabilities[k])
    }
    lastSeen = seconds
    sightings += 1
    isSeen = true
  }

  fileprivate var box: FaceBox {
    let (width, height) = (Int(size.width.rounded()), Int(size.height.rounded()))
    return FaceBox(
      x: Int((centre.x - size.width / 2).rounded()), y: Int((centre.y - size.height / 2).rounded()),
      width: width, height: height)
  }
}

extension FaceBox {
  fileprivate var centre: (x: Double, y: Double) {
    (Double(x) + Double(width) / 2, Double(y) + Double(height) / 2)
  }

  /// The share of both boxes' common area that is in both: 0...1.
  func intersectionOverUnion(_ other: FaceBox) -> Double {
    let common = overlap(other)
    return common == 0 ? 0 : Double(common) / Double(area + other.area - common)
  }
}
