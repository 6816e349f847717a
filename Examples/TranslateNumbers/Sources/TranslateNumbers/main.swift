// Spoken English digits to German number words: a few steps of training on made-up voices, and what comes out.

import SpeechTranslation

let numbers = SpokenNumbers(.formantVoices(trainTakes: 2, testTakes: 1), .few)
var text = TextTraining(.nanoSmoke, seed: 1)
while !text.isFinished { try text.step() }
var training = TransferTraining(.fineTuning, .nanoSmoke, from: text.model, on: numbers.train, seed: 1)
while !training.isFinished { try training.step() }
let translated = training.model.translations(of: numbers.speechIn)
print("loss \(training.losses[0]) -> \(training.losses[training.losses.count - 1])")
print("BLEU \(translated.bleu) after \(training.losses.count) steps")
