extension Network {
  /// One network whose answer is the mean of its members' (an ensemble). It is a graph like any other: what runs, saves or
  /// explains a network does so with it. The members' weights are copied, bit by bit.
  ///
  /// - Parameters:
  ///   - members: two or more networks that take the same input and tell the same number of classes apart.
  ///   - orders: for each member, which of its outputs is each output of the ensemble's; nil where all have one order.
  /// - Throws: `EmojifyError.badData` where the members do not fit together.
  public static func ensemble(_ members: [Network], orders: [[Int]]? = nil) throws -> Network {
    precondition(members.count >= 2 && orders?.count ?? members.count == members.count)
    let input = members[0].inputShape
    let output = members[0].outputShape
    var builder = NetworkBuilder(name: "ensemble", inputShape: input)
    var answers: [NetworkBuilder.Handle] = []
    var frozen: Set<String> = []
    for (number, member) in members.enumerated() {
      guard member.inputShape == input, member.outputShape == output, output.rank == 1 else {
        throw EmojifyError.badData(
          "'\(member.name)' answers \(member.outputShape) to \(member.inputShape), '\(members[0].name)' "
            + "\(output) to \(input): they make no ensemble")
      }
      var handles = [builder.input]
      for node in member.nodes.dropFirst() {
        let name = Self.name(of: node, number)
        handles.append(
          try builder.add(member.twin(of: node), name: name, to: node.inputs.map { handles[$0] }))
        if member.frozen.contains(node.name) { frozen.insert(name) }
      }
      var answer = handles[handles.count - 1]
      if let order = orders?[number], order != Array(0..<output.count) {
        answer = try builder.add(
          Dense(units: output.count, usesBias: false), name: Self.orderName(number), to: answer)
      }
      answers.append(answer)
    }
    let mean = try builder.add(Merge(.average), name: "mean", to: answers)
    let network = try builder.build(output: mean, seed: 0, frozen: frozen)
    for (number, member) in members.enumerated() {
      for node in member.nodes {
        network.node(named: Self.name(of: node, number))?.takeValues(from: node)
      }
      if let order = orders?[number],
        let permutation = network.node(named: Self.orderName(number))?.layer?.parameters.first
      {
        let values = permutation.value.base
        values.update(repeating: 0, count: output.count * output.count)
        for (to, from) in order.enumerated() { values[from * output.count + to] = 1 }
      }
    }
    network.parametersChanged()
    return network
  }

  private static func name(of node: Node, _ number: Int) -> String {
    "member\(number + 1)_\(node.name)"
  }
  private static func orderName(_ number: Int) -> String { "member\(number + 1)_order" }
}
