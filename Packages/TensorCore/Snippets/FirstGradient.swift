// The value of a function and its gradient.

import Tensors

let x = Tensor([1, 2, 3], shape: [3])
let (value, gradient) = valueAndGradient(at: x) { ($0 * $0).sum() }
print(value.item, gradient.scalars)  // 14.0 [2.0, 4.0, 6.0]
