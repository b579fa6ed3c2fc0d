"""A trained model in any form: run, bundle, TorchScript, ONNX, ensemble."""
