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

  /// A preset or a schedule that is named takes away what the recipe says beside its own, wherever it stands.
  @Test func whatIsNamedBeginsAnew() throws {
    func wanted(_ words: String...) throws -> TrainingConfiguration {
      try Train.parse(["faces.csv"] + words).makeConfiguration(data: "faces.csv")
    }
    #expect(try wanted("--recipe", "best").augmentation.rotationDegrees == 15)
    #expect(try wanted("--recipe", "best", "--augment", "none").augmentation == .none)
    #expect(try wanted("--augment", "strong", "--recipe", "best").augmentation == .strong)
    var turned = Augmentation.none
    turned.rotationDegrees = 5
    #expect(try wanted("--rotation", "5", "--augment", "none").augmentation == turned)
    #expect(
      try wanted("--rotation", "5", "--augment", "none", "--recipe", "best").augmentation == turned)
    #expect(try wanted("--recipe", "face-emotion").plateau?.patience == 2)
    #expect(try wanted("--recipe", "face-emotion", "--schedule", "cosine").plateau == nil)
    #expect(try wanted("--recipe", "face-emotion", "--schedule", "plateau").plateau?.patience == 2)
    #expect(
      try wanted("--reduce-on-plateau", "7", "--schedule", "cosine", "--recipe", "face-emotion")
        .plateau?.patience == 7)
    #expect(
      try wanted("--teacher", "/a.h5,/b.h5", "--teacher", "/c.h5", "--augment", "none")
        .distillation?
        .teachers == ["/a.h5", "/b.h5", "/c.h5"])
  }

  @Test(arguments: Recipe.all.map(\.name)) func changesToARecipeComeBack(name: String) throws {
    let changes = [
      "--augment light", "--augment light --rotation 15 --erasing 0.25", "--augment standard",
      "--schedule cosine", "--schedule plateau --reduce-on-plateau 2", "--schedule step --flip 1",
    ]
    for change in changes {
      let words = change.split(separator: " ").map(String.init)
      let wanted = try Train.parse(["faces.csv", "--recipe", name] + words)
        .makeConfiguration(data: "faces.csv")
      let line = Train(reproducing: wanted).commandLine.split(separator: " ").map(String.init)
      var again = try Train.parse(Array(line.dropFirst(2))).makeConfiguration(data: "faces.csv")
      again.recipe = wanted.recipe
      #expect(again == wanted, "\(line.joined(separator: " "))")
    }
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
