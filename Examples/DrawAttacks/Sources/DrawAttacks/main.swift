// Draws generated faces and attacks outdoors and at night, tells them apart by their texture, and says how well.

import TensorIO
import VisionPAD

let faces = GeneratedFaces(seed: 1)
try contactSheet(of: faces, .newPlace, people: 10).writePNG(to: "attacks.png")

let sets = ProtocolSets(PADConfiguration.smoke.sizes, seed: 1)
let train = faces.frames(sets.training(.twoPlaces))
let detector = ColourLBP(fittedTo: train.map(\.picture), isAttack: train.map { !$0.isBonaFide })
for condition in TestCondition.allCases {
    let test = faces.frames(sets.test(condition))
    let scores = PresentationSet(test.map { $0.scored(detector.score(of: $0.picture)) })
    print("\(condition.rawValue): AUC \(scores.curve.auc) of \(test.count) frames")
}
