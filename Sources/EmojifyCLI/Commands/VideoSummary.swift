import FERCore

/// How long which face showed which emotion. Memory does not grow with the video's length, only with its faces.
struct VideoSummary {
  /// Seconds, one for each of `classes`.
  typealias Times = [Double]

  struct Face {
    let number: Int
    let first: Double
    var last: Double
    var times: Times
    var seen: Double { times.reduce(0, +) }
  }

  /// The timeline is kept in at most that many pieces, which grow as the video does.
  private static let mostPieces = 240

  /// As tables have them.
  let classes: [FaceClass]
  private(set) var faces: [Face] = []
  /// The audience's seconds in each piece of time.
  private(set) var pieces: [Times] = []
  private(set) var secondsAPiece: Double
  private var places: [Int: Int] = [:]
  /// When was looked last, and which faces were seen then, as which column.
  private var now = 0.0
  private var seen: [(place: Int, column: Int)] = []

  /// - Parameters:
  ///   - secondsAPiece: of the timeline, to begin with.
  ///   - classes: that a face may be called.
  init(secondsAPiece: Double, _ classes: [FaceClass]) {
    self.classes = classes
    self.secondsAPiece = secondsAPiece
  }
  private var nothing: Times { Times(repeating: 0, count: classes.count) }

  /// A frame is looked at, or the video ends: until now was seen what the look before saw. Frames need not come evenly.
  mutating func look(at seconds: Double) {
    for (place, column) in seen {
      faces[place].times[column] += seconds - now
      spread(column, from: now, to: seconds)
    }
    seen = []
    now = seconds
  }

  /// A face is seen in the frame looked at.
  mutating func add(_ face: Int, _ emotion: FaceClass) {
    guard let column = classes.firstIndex(of: emotion) else { return }
    let place = places[face] ?? faces.count
    if place == faces.count {
      places[face] = place
      faces.append(Face(number: face, first: now, last: now, times: nothing))
    }
    faces[place].last = now
    seen.append((place, column))
  }

  private mutating func spread(_ column: Int, from start: Double, to end: Double) {
    while end > Double(Self.mostPieces) * secondsAPiece { halve() }
    var time = start
    var piece = Int(start / secondsAPiece)
    while time < end, piece < Self.mostPieces {
      let next = piece == Self.mostPieces - 1 ? end : min(end, Double(piece + 1) * secondsAPiece)
      if next > time {
        while pieces.count <= piece { pieces.append(nothing) }
        pieces[piece][column] += next - time
        time = next
      }
      piece += 1
    }
  }

  private mutating func halve() {
    pieces = stride(from: 0, to: pieces.count, by: 2).map { start in
      let next = start + 1 < pieces.count ? pieces[start + 1] : nothing
      return zip(pieces[start], next).map(+)
    }
    secondsAPiece *= 2
  }

  /// All faces' seconds.
  var audience: Times {
    faces.reduce(nothing) { zip($0, $1.times).map(+) }
  }

  /// What each emotion has of the whole; zeros where there is nothing.
  static func shares(_ times: Times) -> [Double] {
    let sum = times.reduce(0, +)
    return times.map { sum > 0 ? $0 / sum : 0 }
  }

  /// A row a face and one for all.
  var table: String {
    var table = Table(
      [.left, .right] + classes.map { _ in .right },
      header: ["face", "seen"] + classes.map(\.name))
    for face in faces {
      table.row([String(face.number)] + Self.cells(face.times))
    }
    if faces.count != 1 {
      if !faces.isEmpty { table.rule() }
      table.row(["audience"] + Self.cells(audience))
    }
    return table.text
  }

  private static func cells(_ times: Times) -> [String] {
    [NumberText.fixed(times.reduce(0, +), 1) + " s"] + shares(times).map { NumberText.percent($0) }
  }
}
