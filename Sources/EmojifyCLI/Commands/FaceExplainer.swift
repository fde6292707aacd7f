import FERCore

/// A network made ready to say why it answers as it does.
struct FaceExplainer {
  let classNames: [String]
  /// Width and height of the faces it takes, in pixels.
  let side: Int
  private let name: String
  private let wanted: Int?
  private let predictor: Predictor
  private let gradCAM: GradCAM?
  private let occlusion: Occlusion?

  /// Throws `EmojifyError` for a network that takes no faces, a class or layer it does not have, or maps it cannot
  /// give.
  init(
    _ model: LoadedModel, className: String?, layer: String?, method: Explain.Method,
    pool: WorkerPool
  ) throws {
    name = model.name
    side = try model.faceSide()
    classNames = model.classNames
    wanted = try className.map { try Self.place(of: $0, in: model.classNames) }
    do {
      gradCAM =
        method == .occlusion
        ? nil
        : GradCAM(
          network: model.network, node: try GradCAM.layer(named: layer, in: model.network),
          pool: pool)
    } catch EmojifyError.badData(let message) {
      throw EmojifyError.badData("\(model.file.relativePath): \(message)")
    } catch EmojifyError.usage(let message) {
      throw EmojifyError.usage("\(model.file.relativePath): \(message)")
    }
    occlusion = method == .gradCAM ? nil : Occlusion()
    predictor = Predictor(network: model.network, pool: pool, batchSize: 64)
  }

  /// Throws `EmojifyError.badData` where the network's answer or a map is no numbers.
  func explain(_ subject: ExplainedFace.Subject) throws -> ExplainedFace {
    let scores = try FaceClassifier.checked(
      predictor.predict(images: [subject.pixels]), of: name)[0]
    let predicted = scores.placeOfLargest
    let explained = wanted ?? predicted
    return ExplainedFace(
      subject: subject, classNames: classNames, scores: scores, predicted: predicted,
      explained: explained, layer: gradCAM?.layerName,
      gradCAM: try gradCAM.map {
        try checked($0.answer(for: subject.pixels, classIndex: explained).map, "Grad-CAM")
      },
      occlusion: try occlusion.map {
        try checked($0.map(of: subject.pixels, classIndex: explained, by: predictor), "occlusion")
      })
  }

  /// `map`, which must be numbers: a probability may be one where layers before it are beyond all bounds.
  private func checked(_ map: AttributionMap, _ method: String) throws -> AttributionMap {
    guard map.values.allSatisfy(\.isFinite) else {
      throw EmojifyError.badData(
        "\(name): its \(method) map is no numbers but NaN or infinite: did it diverge in training?")
    }
    return map
  }

  private static func place(of name: String, in classNames: [String]) throws -> Int {
    if let place = ClassName.index(of: name, in: classNames) { return place }
    throw EmojifyError.usage(
      "--class '\(name)' is none of the network's: expected one of "
        + classNames.joined(separator: ", "))
  }
}
