// Trains a locality-aware INR on eight random pictures for a few steps and decodes one of them at twice its resolution.

import INR
import Tensors

var generator = Philox(seed: 1)
let pictures = Tensor.uniform([8, 32, 32, 3], using: &generator)
var training = INRTraining<LocalityAwareINR>(.smoke32, on: pictures, seed: 1)
while !training.isFinished { try training.step() }

let model = training.model
let field = model.field(model.encode(pictures.sliced(along: 0, 0..<1)))
let larger = field(cellCentres(height: 64, width: 64))  // [1, 4096, 3]
print("loss \(training.losses[0]) -> \(training.losses[training.losses.count - 1]); decoded \(larger.shape)")
