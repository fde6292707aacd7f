import Testing

@testable import FERCore

@Suite struct FaceSelectionTests {
  /// 210 one-pixel faces: label i % 7, every tenth PublicTest, the pixel is the index.
  private let faces = FaceDataset(
    side: 1, pixels: (0..<210).map { UInt8($0) }, labels: (0..<210).map { UInt8($0 % 7) },
    splits: (0..<210).map { $0 % 10 == 9 ? .publicTest : .training })

  @Test func countsAndIndicesAgree() {
    #expect(faces.indices(of: .publicTest) == Array(stride(from: 9, to: 210, by: 10)))
    #expect(faces.classCounts() == [Int](repeating: 30, count: 7))
    #expect(faces.classCounts(of: .publicTest) == [Int](repeating: 3, count: 7))
    #expect(faces.classCounts(of: .privateTest) == [Int](repeating: 0, count: 7))
  }

  @Test func aSelectionKeepsTheDataSetsOrderOfClasses() throws {
    let some = try faces.selecting(classes: ["Neutral", "happiness", "angry"])
    #expect(some.classNames == ["angry", "happy", "neutral"])
    #expect(some.pixels == (0..<210).filter { [0, 3, 6].contains($0 % 7) }.map { UInt8($0) })
    #expect(some.labels == some.pixels.map { [0: 0, 3: 1, 6: 2][$0 % 7] })
    #expect(some.splits == some.pixels.map { $0 % 10 == 9 ? .publicTest : .training })
  }

  @Test func badSelectionsAreUsageErrors() {
    #expect(
      throws: EmojifyError.usage(
        "unknown class 'joi', expected some of "
          + "angry, disgust, fear, happy, sad, surprise, neutral")
    ) { try faces.selecting(classes: ["angry", "joi"]) }
    #expect(throws: EmojifyError.usage("class 'anger' is named twice")) {
      try faces.selecting(classes: ["anger", "sad", "anger"])
    }
    #expect(throws: EmojifyError.usage("'joy' and 'happiness' both mean the class 'happy'")) {
      try faces.selecting(classes: ["joy", "sad", "happiness"])
    }
    #expect(throws: EmojifyError.usage("one class is no choice: name at least two")) {
      try faces.selecting(classes: ["happy"])
    }
  }

  /// A network's outputs may have names that no image of the data goes by: a folder without disgust.
  @Test func aNetworkMayKnowMoreClassesThanTheData() throws {
    let five = try faces.selecting(classes: ["angry", "fear", "happy", "sad", "neutral"])
    let names = ["neutral", "Disgust", "happiness", "angry", "fear", "contempt", "sad"]
    #expect(ClassName.places(of: five.classNames, in: names) == [0, 2, 3, 4, 6])
    let covered = try five.covering(classes: names)
    #expect(
      covered.classNames == ["neutral", "Disgust", "happy", "angry", "fear", "contempt", "sad"])
    let places = ["angry": 3, "fear": 4, "happy": 2, "sad": 6, "neutral": 0]
    let inOrder = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    for (pixel, label) in zip(covered.pixels, covered.labels) {
      #expect(places[inOrder[Int(pixel) % 7]] == Int(label))
    }
    #expect(covered.count == 150 && covered.classCounts() == [30, 0, 30, 30, 30, 0, 30])
    #expect(throws: EmojifyError.self) { try five.covering(classes: ["angry", "joi"]) }
    #expect(throws: EmojifyError.self) {
      try five.covering(classes: ["Angry", "anger", "sad", "x"])
    }
    // What is written like the class is it; the other word then means another.
    #expect(
      try five.covering(classes: ["anger", "angry", "sad"]).classCounts() == [0, 30, 30])
  }

  @Test func classesThatDifferInCaseAreTwo() throws {
    let two = FaceDataset(
      side: 1, pixels: [1, 2, 3], labels: [0, 1, 1], splits: [.training, .training, .training],
      classNames: ["A", "a"])
    #expect(try two.ordered(classes: ["A", "a"]).labels == [0, 1, 1])
    #expect(try two.ordered(classes: ["a", "A"]).pixels == [1, 2, 3])
    #expect(try two.ordered(classes: ["a", "A"]).labels == [1, 0, 0])
    #expect(try two.covering(classes: ["A", "a", "b"]).labels == [0, 1, 1])
    let other = FaceDataset(
      side: 1, pixels: [1, 2, 3], labels: [0, 1, 1], splits: [.training, .training, .training],
      classNames: ["A", "b"])
    #expect(try other.covering(classes: ["a", "A", "b"]).labels == [1, 2, 2])
    #expect(ClassName.places(of: ["A", "b"], in: ["A", "a", "b"]) == [0, 2])
    #expect(ClassName.index(of: "a", in: ["A", "a"]) == 1)
    #expect(ClassName.index(of: "ANGER", in: ["A", "Angry"]) == 1)
    #expect(ClassName.index(of: "glee", in: ["A", "Angry"]) == nil)
    #expect(ClassName.order(of: ["sad", "angry"], in: ["anger", "Sad"]) == [1, 0])
    #expect(ClassName.order(of: ["sad", "angry"], in: ["anger", "Sad", "happy"]) == nil)
    #expect(ClassName.order(of: ["anger", "angry"], in: ["anger", "Sad"]) == nil)
    #expect(ClassName.order(of: ["sad", "happy"], in: ["sad", "fear"]) == nil)
  }

  @Test func aValidationShareIsStratifiedSeededAndApart() {
    let (training, validation) = faces.stratifiedSplit(share: 0.1, seed: 3)
    #expect(faces.classCounts(ofIndices: validation) == [Int](repeating: 3, count: 7))
    #expect((training + validation).sorted() == faces.indices(of: .training))
    #expect(training == training.sorted() && validation == validation.sorted())
    #expect(faces.stratifiedSplit(share: 0.1, seed: 3).validation == validation)
    #expect(faces.stratifiedSplit(share: 0.1, seed: 4).validation != validation)
    #expect(faces.stratifiedSplit(share: 0, seed: 4).validation.isEmpty)
    #expect(faces.stratifiedSplit(share: 0.001, seed: 4).validation.count == 7)
  }
}
