// swift-tools-version: 6.0
import PackageDescription

// In a package of your own: .package(url: "…/emojify", branch: "main") and .product(name: "FERCore", package: "emojify").
let package = Package(
  name: "TrainAndPredict",
  dependencies: [.package(name: "emojify", path: "../..")],
  targets: [
    .executableTarget(
      name: "TrainAndPredict", dependencies: [.product(name: "FERCore", package: "emojify")])
  ],
  swiftLanguageModes: [.v6]
)
