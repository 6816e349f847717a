import TensorTesting
import Tensors
import Testing

@Suite struct OperationTests {
    @Test(arguments: operationCases.map(\.name))
    func `value, gradient and second gradient equal PyTorch's`(_ name: String) throws {
        let row = try #require(operationCases.first { $0.name == name })
        let problems = try row.differences(from: operationGolden())
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }

    @Test(arguments: operationCases.map(\.name))
    func `strided and repeated inputs give the bits of contiguous ones`(_ name: String) throws {
        let row = try #require(operationCases.first { $0.name == name })
        let problems = try row.differencesBetweenLayouts(from: operationGolden())
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }

    /// All but `selected`, which jumps where its golden inputs are equal.
    @Test(arguments: operationCases.map(\.name).filter { $0 != "selected" })
    func `the gradient is the slope of the function`(_ name: String) throws {
        let row = try #require(operationCases.first { $0.name == name })
        let problems = try row.differencesFromDirectionalSlope(operationGolden())
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }

    @Test func `every golden case has a row and every row is in order`() throws {
        let golden = try operationGolden()
        let names = Set(golden.tensors.keys.compactMap { $0.hasSuffix(".y") ? String($0.dropLast(2)) : nil })
        #expect(names == Set(operationCases.map(\.name)))
        #expect(operationCases.map(\.name) == operationCases.map(\.name).sorted())
    }
}
