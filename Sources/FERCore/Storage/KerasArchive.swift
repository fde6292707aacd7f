import Foundation

/// Keras 3's own format, `.keras`: an archive of `config.json`, `model.weights.h5` and `metadata.json`.
enum KerasArchive {
  private static let config = "config.json"
  private static let weights = "model.weights.h5"
  private static let metadata = "metadata.json"

  /// Whether `url` is such an archive, by its first bytes and not by its name.
  static func isArchive(_ url: URL) -> Bool { ZipArchive.isArchive(url) }

  // MARK: Reading

  /// The configuration of the model, the Keras it is of, and its weights.
  static func read<Result>(
    _ url: URL,
    _ body: (_ config: String, _ version: String?, _ weights: borrowing HDF5File) throws -> Result
  ) throws -> Result {
    let name = url.relativePath
    let archive = try ZipArchive(reading: url)
    func member(_ member: String) throws -> Data {
      guard let data = try archive.read(member) else {
        let found = archive.names.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
        throw EmojifyError.badData(
          "\(name): is a zip archive but no Keras model: there is no '\(member)'; it holds "
            + (found.isEmpty ? "nothing" : found))
      }
      return data
    }
    let text = String(decoding: try member(config), as: UTF8.self)
    let facts = try archive.read(metadata).map { String(decoding: $0, as: UTF8.self) }
    let version = facts.flatMap { try? JSONValue(parsing: $0) }?["keras_version"]?.stringValue
    // libhdf5 reads files, so the weights become one for as long as they are read.
    let folder = try makeFolder(for: "\(name): its weights cannot be unpacked")
    defer { try? FileManager.default.removeItem(at: folder) }
    let unpacked = folder.appendingPathComponent(weights)
    do {
      try member(weights).write(to: unpacked)
    } catch let error as EmojifyError {
      throw error
    } catch {
      throw EmojifyError.internalFault("\(name): its weights cannot be unpacked to \(folder.path)")
    }
    return try body(text, version, HDF5File(reading: unpacked, as: "\(name)/\(weights)"))
  }

  /// A new folder for temporary files that nobody else can look into; `purpose` is for the error.
  private static func makeFolder(for purpose: String) throws -> URL {
    let parent = FileManager.default.temporaryDirectory
    let folder = parent.appendingPathComponent("emojify-\(UUID().uuidString)", isDirectory: true)
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw EmojifyError.internalFault(
        "\(purpose): no folder for temporary files can be made in \(parent.path)")
    }
    return folder
  }

  // MARK: Writing

  /// The bytes of an archive of the network; `fill` writes its weights to an HDF5 file.
  static func data(
    of graph: KerasGraph, _ training: KerasTraining?,
    _ fill: (borrowing HDF5File) throws -> Void
  ) throws -> Data {
    let folder = try makeFolder(for: "weights cannot be packed")
    defer { try? FileManager.default.removeItem(at: folder) }
    let packed: Data
    do {
      let file = folder.appendingPathComponent(weights)
      try HDF5File.write(to: file, fill)
      packed = try Data(contentsOf: file)
    } catch let error as EmojifyError {
      throw error
    } catch {
      throw EmojifyError.internalFault("weights cannot be packed in \(folder.path)")
    }
    var model = graph.jsonOfKeras3.objectValue ?? [:]
    if let training { model["compile_config"] = training.jsonOfKeras3 }
    let facts: JSONValue = ["keras_version": .string(kerasVersion)]
    return try ZipArchive.data([
      (metadata, Data(try facts.text().utf8)),
      (config, Data(try JSONValue.object(model).text().utf8)), (weights, packed),
    ])
  }

  /// The first Keras whose form this is.
  static let kerasVersion = "3.0.0"
}

extension KerasGraph {
  /// The `config.json` of a `.keras` archive: every object says which module it is from.
  var jsonOfKeras3: JSONValue {
    let shapes = JSONValue.array([.null] + (inputShape?.dropFirst() ?? []))
    let layers = nodes.map { node -> JSONValue in
      var config = node.config
      config["name"] = .string(node.name)
      if let shape = config.removeValue(forKey: "batch_input_shape") {
        config["batch_shape"] = shape
      }
      for (key, value) in config where value["class_name"] != nil {
        config[key] = Self.object(
          value["class_name"] ?? .null, in: "keras.initializers", value["config"] ?? [:])
      }
      if node.className == "LeakyReLU" {
        config["negative_slope"] = config.removeValue(forKey: "alpha")
      }
      var layer =
        Self.object(.string(node.className), in: "keras.layers", .object(config)).objectValue ?? [:]
      if !isChain {
        layer["name"] = .string(node.name)
        layer["inbound_nodes"] = node.inputs.isEmpty ? [] : [call(node)]
      }
      return .object(layer)
    }
    var config: [String: JSONValue] = [
      "name": .string(name), "trainable": true, "layers": .array(layers),
    ]
    if !isChain {
      config["input_layers"] = [[.string(nodes[0].name), 0, 0]]
      config["output_layers"] = [[.string(output), 0, 0]]
    }
    var model =
      Self.object(
        isChain ? "Sequential" : "Functional",
        in: isChain ? "keras" : "keras.src.models.functional",
        .object(config)
      ).objectValue ?? [:]
    if !isChain { model["registered_name"] = "Functional" }
    model["build_config"] = ["input_shape": shapes]
    return .object(model)
  }

  private var inputShape: [JSONValue]? { nodes.first?.config["batch_input_shape"]?.arrayValue }

  private static func object(
    _ className: JSONValue, in module: String, _ config: JSONValue
  ) -> JSONValue {
    [
      "module": .string(module), "class_name": className, "config": config,
      "registered_name": nil,
    ]
  }

  private func call(_ node: Node) -> JSONValue {
    let tensors = node.inputs.map { name -> JSONValue in
      [
        "class_name": "__keras_tensor__",
        "config": ["shape": [nil], "dtype": "float32", "keras_history": [.string(name), 0, 0]],
      ]
    }
    // Layers that merge take one list, the others one tensor.
    let takesList = node.inputs.count > 1 || Self.takingLists.contains(node.className)
    return ["args": takesList ? [.array(tensors)] : .array(tensors), "kwargs": [:]]
  }

  private static let takingLists = Merge.Operation.classNames.union(["Concatenate"])
}
