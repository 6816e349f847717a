// TensorKernelsTests
