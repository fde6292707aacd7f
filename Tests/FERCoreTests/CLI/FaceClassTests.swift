import FERCore
import Foundation
import Testing

/// Models whose outputs are more than FER-2013's emotions, or others, through the real binary.
@Suite struct FaceClassTests {
  /// As FER+ has them.
  private static let ferPlus = [
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
  ]

  /// A network that answers the last of `labels` with 60 %, whatever the face; it says its labels itself.
  private static func write(_ labels: [String], to file: URL) throws {
    let dense = Dense(units: labels.count, activation: .softmax)
    let network = try NetworkBuilder.sequential(
      name: "sure", inputShape: [24, 24, 1], seed: 1, GlobalAveragePooling2D(), dense)
    for parameter in dense.parameters { parameter.value.fill(0) }
    // softmax: e^x / (e^x + n - 1) = 0.6
    dense.parameters[1].value.base[labels.count - 1] = log(1.5 * Float(labels.count - 1))
    network.parametersChanged()
    try KerasFormat.write(
      network, metadata: ModelMetadata(labels: labels, inputRange: .unit), to: file)
  }

  private func withModel(_ labels: [String], _ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try Self.write(labels, to: folder.appendingPathComponent("model.h5"))
      let draw = try Binary.run(
        "dataset", "portrait", "people.png", "--emotions", "happy,surprise", "--seed", "3",
        in: folder)
      try #require(draw.exitCode == 0, "\(draw.errors)")
      try body(folder)
    }
  }

  @Test func namesMeanWhatTheyMean() {
    #expect(FaceClass("Happiness") == .emotion(.happy))
    #expect(FaceClass("Contempt") == .contempt && FaceClass.contempt.emoji == "😏")
    #expect(FaceClass("Bored") == .other("Bored") && FaceClass("Bored").emoji == nil)
    // Two words for one emotion stay two classes.
    #expect(
      FaceClass.all(of: ["anger", "angry", "sad"])
        == [.other("anger"), .other("angry"), .emotion(.sad)])
    let seven = Emotion.allCases.map { FaceClass.emotion($0) }
    #expect(FaceClass.columns(for: [.contempt, .emotion(.sad)]) == seven + [.contempt])
    #expect(FaceClass.columns(for: [.other("a"), .contempt]) == [.other("a"), .contempt])
    // No two columns have one name.
    let two = FaceClass.columns(for: FaceClass.all(of: ["happy", "joy", "sad"]))
    #expect(two.map(\.name) == seven.map(\.name) + ["joy"] && two[3] == .other("happy"))
  }

  @Test func contemptIsPredicted() throws {
    try withModel(Self.ferPlus) { folder in
      let text = try Binary.run("predict", "people.png", "--model", "model.h5", in: folder)
      #expect(text.exitCode == 0 && text.errors.isEmpty, "\(text.errors)")
      #expect(text.output.hasPrefix("people.png: 2 faces\n  contempt  60.0%  "), "\(text.output)")
      let json = try Binary.run(
        "predict", "people.png", "--model", "model.h5", "--json", in: folder)
      let images = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
      let faces = (images as? [[String: Any]])?.first?["faces"] as? [[String: Any]]
      #expect(faces?.count == 2)
      #expect(faces?.first?["emotion"] as? String == "contempt")
      #expect(faces?.first?["emoji"] as? String == "😏")
      let scores = faces?.first?["emotions"] as? [String: Double]
      #expect(
        scores?.keys.sorted() == [
          "angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise",
        ])
      let picture = try Binary.run(
        "predict", "people.png", "--model", "model.h5", "--emoji", "--csv", in: folder)
      #expect(picture.exitCode == 0, "\(picture.errors)")
      #expect(
        picture.output.hasPrefix(
          "image,face,x,y,width,height,emotion,score,neutral,happy,surprise,sad,angry,disgust,fear,"
            + "contempt\n"), "\(picture.output)")
      #expect(picture.errors == "wrote people-emojify.png\n")
    }
  }

  /// As after fine-tuning on a folder: names nobody has a picture for.
  @Test func ownClassesArePredicted() throws {
    try withModel(["asleep", "Awake, \"very\""]) { folder in
      let run = try Binary.run(
        "predict", "people.png", "--model", "model.h5", "--emoji", in: folder)
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(
        run.output.hasPrefix("people.png: 2 faces\n  Awake, \"very\"  60.0%  asleep 40.0%"),
        "\(run.output)")
      #expect(run.errors == "wrote people-emojify.png\n")
      let csv = try Binary.run("predict", "people.png", "--model", "model.h5", "--csv", in: folder)
      #expect(
        csv.output.hasPrefix(
          "image,face,x,y,width,height,emotion,score,asleep,\"Awake, \"\"very\"\"\"\n"),
        "\(csv.output)")
      let json = try Binary.run(
        "predict", "people.png", "--model", "model.h5", "--jsonl", in: folder)
      #expect(json.output.contains("\"emoji\":null"), "\(json.output)")
    }
  }

  @Test func videosFollowAnyClasses() throws {
    for (labels, columns) in [
      (Self.ferPlus, "angry,disgust,fear,happy,sad,surprise,neutral,contempt"),
      (["asleep", "awake"], "asleep,awake"),
    ] {
      try withModel(labels) { folder in
        try MovingPortraits.write(to: folder.appendingPathComponent("in.mp4"), frames: 12)
        let run = try Binary.run(
          "video", "in.mp4", "--model", "model.h5", "-o", "out.mp4", "--emoji", "--side-by-side",
          "--timeline", "t.csv", "--plot", "p.svg", "--summary", in: folder)
        try #require(run.exitCode == 0, "\(run.errors)")
        let table = try String(
          contentsOf: folder.appendingPathComponent("t.csv"), encoding: .utf8)
        #expect(table.hasPrefix("time_s,frame,face,x,y,w,h,emotion,score,\(columns)\n"))
        #expect(table.split(separator: "\n").count > 12)
        let last = try #require(labels.last)
        #expect(table.split(separator: "\n").dropFirst().allSatisfy { $0.contains(",\(last),0.6") })
        #expect(run.output.contains(last) && run.output.contains("100.0%"), "\(run.output)")
      }
    }
  }

  @Test func theServerAnswersThem() throws {
    try withModel(Self.ferPlus) { folder in
      let own = folder.appendingPathComponent("own.h5")
      try Self.write(["asleep", "awake"], to: own)
      let server = try RunningServer(
        "--model", folder.appendingPathComponent("model.h5").path, "--model", own.path)
      let image = try Data(contentsOf: folder.appendingPathComponent("people.png"))
      for (model, best) in [("model", "contempt"), ("own", "awake")] {
        let answer = try server.ask("POST", "/api/predict?model=\(model)", [:], body: image)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.text.contains("\"\(best)\""), "\(answer.text)")
        let picture = try server.ask("POST", "/api/emojify?model=\(model)", [:], body: image)
        #expect(picture.status == 200)
      }
      #expect(try server.ask("GET", "/emoji/contempt.png", [:], body: nil).status == 200)
      let metrics = try server.ask("GET", "/metrics", [:], body: nil).text
      #expect(metrics.contains("emojify_faces_total{emotion=\"contempt\"} 4\n"), "\(metrics)")
      #expect(metrics.contains("emojify_faces_total{emotion=\"awake\"} 4\n"))
      #expect(metrics.contains("emojify_faces_total{emotion=\"happy\"} 0\n"))
      #expect(server.stop() == 0)
    }
  }
}
