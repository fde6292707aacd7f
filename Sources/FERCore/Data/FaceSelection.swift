/// Which images: by split, by class, by a seeded share.
extension FaceDataset {
  /// The images of a split, in the data set's order.
  public func indices(of split: Split) -> [Int] {
    splits.indices.filter { splits[$0] == split }
  }

  /// How many images of each class a split has, in label order; of all splits where `split` is nil.
  public func classCounts(of split: Split? = nil) -> [Int] {
    classCounts(ofIndices: split.map(indices(of:)) ?? Array(labels.indices))
  }

  /// How many of the images `indices` names each class has, in label order.
  public func classCounts(ofIndices indices: [Int]) -> [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for index in indices { counts[Int(labels[index])] += 1 }
    return counts
  }

  /// The images of the named classes, renumbered from 0.
  ///
  /// The labels keep this data set's order whatever the order of the request, so that a request in
  /// another order makes the same network. Names are this data set's, in any case, or another word
  /// for the same emotion ("anger"). Throws `EmojifyError.usage` for a class that is not here, is
  /// named twice, or is the only one.
  public func selecting(classes requested: [String]) throws -> FaceDataset {
    var chosen: [Int: String] = [:]
    for name in requested {
      guard let label = ClassName.index(of: name, in: classNames) else {
        throw EmojifyError.usage(
          "unknown class '\(name)', expected some of \(classNames.joined(separator: ", "))")
      }
      if let other = chosen.updateValue(name, forKey: label) {
        throw EmojifyError.usage(
          other == name
            ? "class '\(name)' is named twice"
            : "'\(other)' and '\(name)' both mean the class '\(classNames[label])'")
      }
    }
    guard chosen.count >= 2 else {
      throw EmojifyError.usage("one class is no choice: name at least two")
    }
    return picking(chosen.keys.sorted())
  }

  /// The images of the named classes, renumbered from 0 in the order of the request: what a network whose outputs have
  /// that order is scored on and trained with. Names and errors as in `selecting`.
  public func ordered(classes requested: [String]) throws -> FaceDataset {
    _ = try selecting(classes: requested)
    let order = requested.compactMap { ClassName.index(of: $0, in: classNames) }
    return order == Array(0..<classCount) ? self : picking(order)
  }

  /// As `ordered`, for the outputs of a network that is scored: it may know classes that this data has no word for. Throws as that
  /// where this data has fewer than two of them.
  public func covering(classes requested: [String]) throws -> FaceDataset {
    let places = ClassName.places(of: classNames, in: requested)
    guard places.count < requested.count, places.count >= 2 else {
      return try ordered(classes: requested)
    }
    let own = try ordered(classes: places.map { requested[$0] })
    var names = requested
    for (name, place) in zip(own.classNames, places) { names[place] = name }
    return own.subset(
      Array(own.labels.indices), labels: own.labels.map { UInt8(places[Int($0)]) },
      classNames: names)
  }

  /// The images of the classes `kept`, which become 0, 1 ….
  private func picking(_ kept: [Int]) -> FaceDataset {
    var renumbered = [UInt8?](repeating: nil, count: classCount)
    for (new, old) in kept.enumerated() { renumbered[old] = UInt8(new) }
    let images = labels.indices.filter { renumbered[Int(labels[$0])] != nil }
    return subset(
      images, labels: images.compactMap { renumbered[Int(labels[$0])] },
      classNames: kept.map { classNames[$0] })
  }

  /// Cuts the Training split in two, each class in the same share: what is left to train on, and
  /// what to validate on.
  ///
  /// Of a class with two or more images at least one goes to
  /// each side. The same seed draws the same images; both lists are in the data set's order.
  /// `share` is in `0 ..< 1`.
  public func stratifiedSplit(share: Double, seed: UInt64) -> (training: [Int], validation: [Int]) {
    precondition(share >= 0 && share < 1, "validation share \(share)")
    var members = [[Int]](repeating: [], count: classCount)
    for index in indices(of: .training) { members[Int(labels[index])].append(index) }
    var training: [Int] = []
    var validation: [Int] = []
    for label in members.indices {
      var images = members[label]
      var random = SeededRandom(seed: seed, RandomStream.validation, UInt64(label))
      random.shuffle(&images)
      var taken = Int((Double(images.count) * share).rounded())
      if share > 0, images.count >= 2 { taken = min(max(taken, 1), images.count - 1) }
      validation += images.prefix(taken)
      training += images.dropFirst(taken)
    }
    return (training.sorted(), validation.sorted())
  }

  /// All images but those `indices` names, in the same order, and which those are.
  public func removing(_ indices: some Sequence<Int>) -> (dataset: FaceDataset, kept: [Int]) {
    var isRemoved = [Bool](repeating: false, count: count)
    for index in indices { isRemoved[index] = true }
    let kept = labels.indices.filter { !isRemoved[$0] }
    return (reordered(kept), kept)
  }

  /// Up to `perClass` images of each class, drawn without repetition from a split (from all where `split`
  /// is nil), in label order and ascending within a class.
  public func sample(of split: Split? = nil, perClass: Int, seed: UInt64) -> [[Int]] {
    var members = [[Int]](repeating: [], count: classCount)
    for index in 0..<count where split == nil || splits[index] == split {
      members[Int(labels[index])].append(index)
    }
    return members.enumerated().map { label, images in
      var images = images
      var random = SeededRandom(seed: seed, RandomStream.sample, UInt64(label))
      random.shuffle(&images)
      return images.prefix(perClass).sorted()
    }
  }

  /// The images `indices` names, in that order.
  func reordered(_ indices: [Int]) -> FaceDataset {
    subset(indices, labels: indices.map { labels[$0] }, classNames: classNames)
  }

  /// The images `indices` names, in that order, under new labels.
  private func subset(_ indices: [Int], labels: [UInt8], classNames: [String]) -> FaceDataset {
    let size = imageSize
    let picked = [UInt8](unsafeUninitializedCapacity: indices.count * size) { target, count in
      pixels.withUnsafeBufferPointer { source in
        for (new, old) in indices.enumerated() {
          _ = UnsafeMutableBufferPointer(rebasing: target[new * size..<(new + 1) * size])
            .initialize(from: source[old * size..<(old + 1) * size])
        }
      }
      count = indices.count * size
    }
    let origin: Origin =
      switch self.origin {
      case .none: .none
      case .lines(let file, let numbers): .lines(file: file, numbers: indices.map { numbers[$0] })
      case .paths(let paths, let folder): .paths(indices.map { paths[$0] }, folder: folder)
      }
    return FaceDataset(
      side: side, pixels: picked, labels: labels, splits: indices.map { splits[$0] },
      classNames: classNames, origin: origin, warnings: warnings)
  }
}
