/// How a model was compiled, in Keras' words: what a file's `training_config` says. Only what every Keras since 2.4
/// understands is taken over from a file; a model with a loss of its own is written as one that was not compiled.
///
/// What the optimizer remembers is an `OptimizerState`; the models a run saves are without it, its checkpoint has it.
public struct KerasTraining: Codable, Sendable, Equatable {
  /// Keras' class name: `SGD`, `Adam`, `AdamW` …
  public let optimizer: String
  /// Its numbers, `learning_rate` among them.
  public let settings: [String: JSONValue]
  /// The name of a loss function.
  public let loss: String

  public init(optimizer: String, settings: [String: JSONValue], loss: String) {
    self.optimizer = optimizer
    self.settings = settings
    self.loss = loss
  }

  private static let optimizers: [String: Set<String>] = [
    "SGD": ["learning_rate", "momentum", "nesterov"],
    "RMSprop": ["learning_rate", "rho", "momentum", "epsilon", "centered"],
    "Adam": ["learning_rate", "beta_1", "beta_2", "epsilon", "amsgrad"],
    "AdamW": ["learning_rate", "beta_1", "beta_2", "epsilon", "amsgrad", "weight_decay"],
    "Adamax": ["learning_rate", "beta_1", "beta_2", "epsilon"],
    "Nadam": ["learning_rate", "beta_1", "beta_2", "epsilon"],
    "Adagrad": ["learning_rate", "initial_accumulator_value", "epsilon"],
    "Adadelta": ["learning_rate", "rho", "epsilon"],
  ]
  private static let losses: Set<String> = [
    "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy",
    "mean_squared_error", "mean_absolute_error", "kl_divergence", "categorical_hinge",
  ]

  /// What a `training_config` says; nil where it says something that not every Keras understands.
  init?(_ json: JSONValue) {
    // Keras 2.11 to 2.15 wrote Custom>Adam for its own Adam.
    // `optimizer` is the word of the `compile_config` in a `.keras` archive.
    let optimizer = json["optimizer_config"] ?? json["optimizer"]
    let name = optimizer?["class_name"]?.stringValue?.split(separator: ">").last
    guard let name = name.map(String.init), let known = Self.optimizers[name],
      let config = optimizer?["config"]?.objectValue,
      let loss = Self.name(ofLoss: json["loss"]), Self.losses.contains(loss)
    else { return nil }
    var settings = config.filter { key, value in
      known.contains(key) && (value.doubleValue != nil || value.boolValue != nil)
    }
    if settings["learning_rate"] == nil { settings["learning_rate"] = config["lr"] }
    guard settings["learning_rate"]?.doubleValue != nil else { return nil }
    self.init(optimizer: name, settings: settings, loss: loss)
  }

  /// `"mse"`, or an object of the class or function.
  private static func name(ofLoss value: JSONValue?) -> String? {
    let name =
      value?.stringValue ?? value?["config"]?["fn"]?.stringValue ?? value?["config"]?.stringValue
    return name.map { ["mse": "mean_squared_error", "mae": "mean_absolute_error"][$0] ?? $0 }
  }

  /// The attribute `training_config` that Keras 2 and 3 read.
  var json: JSONValue {
    // Keras 2.11 brought AdamW and knows it by this name only, in a file; Keras 3 takes `name` for a class then, and its
    // settings for unsaid.
    let isAdamW = optimizer == "AdamW"
    let config = named.merging(isAdamW ? ["name": "AdamW"] : [:]) { $1 }
    return [
      "optimizer_config": [
        "class_name": .string(isAdamW ? "Custom>AdamW" : optimizer), "config": .object(config),
      ],
      "loss": .string(loss), "metrics": ["accuracy"], "weighted_metrics": nil,
      "loss_weights": nil,
    ]
  }

  /// The `compile_config` of a `.keras` archive.
  var jsonOfKeras3: JSONValue {
    [
      "optimizer": [
        "module": "keras.optimizers", "class_name": .string(optimizer), "config": .object(named),
        "registered_name": nil,
      ],
      "loss": .string(loss), "metrics": ["accuracy"], "weighted_metrics": nil,
      "loss_weights": nil, "run_eagerly": false, "steps_per_execution": 1, "jit_compile": false,
    ]
  }

  private var named: [String: JSONValue] {
    // Keras 3 refuses a momentum of 0 that JSON has made an integer; it is what is meant where nothing is said.
    settings.filter { $0.key != "momentum" || $0.value != 0 }
      .merging(["name": .string(NetworkBuilder.snakeCase(optimizer))]) { $1 }
  }
}

extension OptimizerConfiguration {
  /// The optimizer in Keras' words, trained on one-hot labels.
  func inKeras(learningRate: Float) -> KerasTraining {
    var settings = ["learning_rate": JSONValue(learningRate)]
    switch kind {
    case .sgd:
      settings["momentum"] = JSONValue(momentum)
      settings["nesterov"] = .bool(nesterov)
    case .adam, .adamw:
      settings["beta_1"] = JSONValue(beta1)
      settings["beta_2"] = JSONValue(beta2)
      settings["epsilon"] = JSONValue(epsilon)
      // The others' decay is L2, which in Keras is not the optimizer's.
      if kind == .adamw { settings["weight_decay"] = JSONValue(weightDecay) }
    }
    let name =
      switch kind {
      case .sgd: "SGD"
      case .adam: "Adam"
      case .adamw: "AdamW"
      }
    return KerasTraining(optimizer: name, settings: settings, loss: "categorical_crossentropy")
  }
}
