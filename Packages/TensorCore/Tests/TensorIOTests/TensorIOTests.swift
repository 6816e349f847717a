// TensorIOTests
