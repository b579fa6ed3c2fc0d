"""Hand a trained run on: as a package, TorchScript or ONNX."""
