// TensorTesting
