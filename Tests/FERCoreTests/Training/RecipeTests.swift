import Testing

@testable import EmojifyCLI
@testable import FERCore

@Suite struct RecipeTests {
  @Test(arguments: Recipe.all.map(\.name))
  func aRecipeIsFoundByItsNameAndReadBackFromItsCommand(name: String) throws {
    let recipe = try #require(Recipe.named(name))
    try recipe.configuration.validate()
    #expect(Architecture.named(recipe.configuration.architecture) != nil)
    let parsed = try Train.parse(["faces.csv", "--recipe", name])
    var expected = recipe.configuration
    expected.data = "faces.csv"
    #expect(parsed.makeConfiguration(data: "faces.csv") == expected)
    #expect(
      Train(reproducing: expected).commandLine
        == "emojify train faces.csv \(name == "fast" ? "" : "--recipe \(name) ")--seed 1")
  }

  @Test func whatIsSaidBesidesWinsWhereverItStands() throws {
    let words = ["--epochs", "3", "--recipe", "face-emotion", "--flip", "1", "--batch-size", "32"]
    let parsed = try Train.parse(["faces.csv"] + words)
    let wanted = parsed.makeConfiguration(data: "faces.csv")
    #expect(wanted.architecture == "face-emotion")
    #expect(wanted.epochs == 3)
    #expect(wanted.batchSize == 32)
    #expect(wanted.augmentation.horizontalFlip == 1)
    #expect(wanted.learningRate == 5e-4)
    #expect(
      Train(reproducing: wanted).commandLine
        == "emojify train faces.csv --recipe face-emotion --epochs 3 --batch-size 32 --flip 1 --seed 1"
    )
    // What a recipe turns on and no option turns off is said without the recipe.
    var still = wanted
    still.augmentation = .none
    var command = Train(reproducing: still).commandLine.split(separator: " ").map(String.init)
    command.removeFirst(2)
    #expect(!command.contains("--recipe"))
    let again = try Train.parse(command).makeConfiguration(data: "faces.csv")
    still.recipe = again.recipe
    #expect(again == still)
    // Another network by the recipe.
    let other = try Train.parse([
      "faces.csv", "--architecture", "emojify", "--recipe", "sequential",
    ])
    #expect(other.makeConfiguration(data: "faces.csv").architecture == "emojify")
    #expect(other.makeConfiguration(data: "faces.csv").earlyStopping == 8)
  }

  /// A recipe's smaller images go with its own network: one with a dense layer behind its maps takes no others.
  @Test func resolutionsGoWithTheRecipesNetwork() throws {
    func wanted(_ words: String...) throws -> TrainingConfiguration {
      try Train.parse(["faces.csv"] + words).makeConfiguration(data: "faces.csv")
    }
    let own = try #require(Recipe.fast.configuration.resolutions)
    #expect(try wanted().resolutions == own)
    #expect(try wanted("--epochs", "7").resolutions == own)
    #expect(try wanted("--resolutions", "none").resolutions == nil)
    #expect(try wanted("--architecture", "emojify").resolutions == nil)
    #expect(try wanted("--init-weights", "a.h5").resolutions == nil)
    let said = [TrainingResolution(side: 24, epochs: 2), TrainingResolution(side: 36, share: 0.25)]
    #expect(
      try wanted("--architecture", "emojify", "--resolutions", "24x2,36x25%").resolutions == said)
    for words in [
      ["--resolutions", "none"], ["--architecture", "emojify"], ["--recipe", "best"],
    ] {
      let configuration = try Train.parse(["faces.csv"] + words)
        .makeConfiguration(data: "faces.csv")
      #expect(
        Train(reproducing: configuration).commandLine
          == "emojify train faces.csv \(words.joined(separator: " ")) --seed 1")
    }
    for wrong in ["32", "x3", "32x", "32x5%%", "none,32x2"] {
      #expect(throws: EmojifyError.self) { try wanted("--resolutions", wrong) }
    }
  }
}
