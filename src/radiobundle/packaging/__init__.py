"""Share a trained run: as a package, TorchScript or ONNX."""
