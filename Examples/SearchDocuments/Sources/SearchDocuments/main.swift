// Finds the documents that fit a question best.

import Dialogue

let documents = [
    "The otter sleeps on its back and holds its neighbour by the paw.",
    "A group of otters resting in the water is called a raft.",
    "The beaver builds dams of branches and mud.",
]
let index = BM25Index(documents)
for found in index.best(2, for: "what is a group of otters called") {
    print("\(found.score)  \(documents[found.document])")
}
