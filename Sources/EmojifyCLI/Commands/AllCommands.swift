import FERCore

/// Every command, in the order the overview shows them.
enum AllCommands {
  static let version = ModelMetadata.ownVersion

  static var outlines: [CommandOutline] { list.map { $0.outline } }

  static var list: [any Command.Type] {
    [
      Train.self, Eval.self, Predict.self, Video.self, Camera.self, Serve.self, Explain.self,
      History.self, ModelList.self, ModelSummary.self, ModelVerify.self, ModelDiff.self,
      ModelConvert.self, ModelAdopt.self, ModelCalibrate.self, DatasetInfo.self, DatasetSample.self,
      DatasetConvert.self,
      DatasetClean.self, DatasetDraw.self, DatasetPortrait.self, Bench.self,
      Doctor.self, Completions.self, Man.self,
    ]
  }
}
