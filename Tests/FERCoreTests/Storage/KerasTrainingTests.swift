import Foundation
import Testing

@testable import FERCore

@Suite struct KerasTrainingTests {
  @Test(arguments: OptimizerConfiguration.Kind.allCases)
  func ourOwnIsReadAgain(kind: OptimizerConfiguration.Kind) {
    let training = OptimizerConfiguration(kind: kind, weightDecay: 0.01).inKeras(learningRate: 0.5)
    #expect(KerasTraining(training.json) == training)
    #expect(training.settings["learning_rate"] == 0.5)
    #expect((training.settings["weight_decay"] != nil) == (kind == .adamw))
    // The only word for it that Keras 2 understands in a file.
    let name = training.json["optimizer_config"]?["class_name"]?.stringValue
    #expect(name == (kind == .adamw ? "Custom>AdamW" : training.optimizer))
  }

  /// As tf_keras 2.13, Keras 2.0 and Keras 3 wrote them.
  @Test(
    arguments: [
      (
        #"{"loss": "categorical_crossentropy", "optimizer_config": {"class_name": "Custom>Adam", "config": {"name": "Adam", "weight_decay": null, "learning_rate": 0.001, "beta_1": 0.9, "jit_compile": true}}}"#,
        "Adam", ["learning_rate": 0.001, "beta_1": 0.9]
      ),
      (
        #"{"loss": "mse", "optimizer_config": {"class_name": "SGD", "config": {"decay": 1e-6, "lr": 0.01, "momentum": 0.9, "nesterov": true}}, "sample_weight_mode": null}"#,
        "SGD", ["learning_rate": 0.01, "momentum": 0.9, "nesterov": true]
      ),
      (
        #"{"loss": {"module": "keras.losses", "class_name": "CategoricalCrossentropy", "config": {"fn": "categorical_crossentropy"}}, "optimizer_config": {"class_name": "RMSprop", "config": {"learning_rate": 0.1, "rho": 0.9}}}"#,
        "RMSprop", ["learning_rate": 0.1, "rho": 0.9]
      ),
    ] as [(String, String, [String: JSONValue])])
  func othersAreTakenOver(text: String, optimizer: String, settings: [String: JSONValue]) throws {
    let training = try #require(KerasTraining(try JSONValue(parsing: text)))
    #expect(training.optimizer == optimizer)
    #expect(training.settings == settings)
  }

  @Test(arguments: [
    #"{"loss": "focal_loss", "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.01}}}"#,
    #"{"loss": "mse", "optimizer_config": {"class_name": "Lookahead", "config": {"lr": 0.01}}}"#,
    #"{"loss": "mse", "optimizer_config": {"class_name": "SGD", "config": {"learning_rate": {"class_name": "CosineDecay"}}}}"#,
    "{}", "[]",
  ])
  func whatNotEveryKerasKnowsIsLeftOut(text: String) throws {
    #expect(KerasTraining(try JSONValue(parsing: text)) == nil)
  }
}
