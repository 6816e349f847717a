// A PyTorch file, tensor by tensor beside its twin: swift run ReadingPyTorchWeights weights.pth weights.safetensors

import TensorIO

if CommandLine.arguments.count == 3 {
    let torch = try TorchFile(contentsOf: CommandLine.arguments[1])
    let twin = try SafeTensors(contentsOf: CommandLine.arguments[2])
    let equal = try torch.names.filter { name in
        let (one, other) = (try torch.tensor(name), try twin.tensor(name))
        return one.shape == other.shape && one.scalars.map(\.bitPattern) == other.scalars.map(\.bitPattern)
    }
    print("\(torch.names.count) tensors, \(twin.names.count) in the twin, \(equal.count) equal bit for bit")
}
