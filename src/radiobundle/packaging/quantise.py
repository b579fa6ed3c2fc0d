"""An int8 copy of an exported ONNX file, whose scales are taken from images."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from radiobundle.models.onnx_file import ONNX_INPUT

QUANTISED = ("Conv", "Relu", "Add", "MaxPool", "AveragePool", "GlobalAveragePool", "Concat")
_BATCH = 16


def quantise(source: Path, images: np.ndarray) -> bytes:
    """Return the graph of an exported file with convolutions and what lies between them in int8, without metadata.

    Static quantisation by onnxruntime: a scale for each channel of a weight, and one for each activation, from its
    range on the images. Normalisation, the last layer, activation and distance stay in float32.

    Args:
        source: file of `radiobundle export`.
        images: float32 (images, channels, height, width) in 0..1, as unlike each other as those to come.

    Raises:
        ValueError: the network has no convolutions.
    """
    import onnx  # noqa: PLC0415 - only the extra has it
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static  # noqa: PLC0415
    from onnxruntime.quantization.calibrate import CalibrationDataReader  # noqa: PLC0415
    from onnxruntime.quantization.shape_inference import quant_pre_process  # noqa: PLC0415

    class Batches(CalibrationDataReader):
        def __init__(self) -> None:
            self.left = iter(np.split(images, range(_BATCH, len(images), _BATCH)))

        def get_next(self) -> dict[str, np.ndarray] | None:
            batch = next(self.left, None)
            return None if batch is None else {ONNX_INPUT: batch}

    with tempfile.TemporaryDirectory() as folder:
        bare, prepared, quantised = (Path(folder) / f"{name}.onnx" for name in ("bare", "prepared", "quantised"))
        graph = onnx.load(str(source))
        if not any(node.op_type == "Conv" for node in graph.graph.node):
            raise ValueError("`int8`: the network has no convolutions, and nothing else becomes faster; leave it out")
        del graph.metadata_props[:]  # description and seal are the float32 file's
        onnx.save(graph, str(bare))
        quant_pre_process(str(bare), str(prepared))
        quantize_static(
            str(prepared), str(quantised), Batches(), quant_format=QuantFormat.QDQ, per_channel=True,
            op_types_to_quantize=list(QUANTISED), activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        )  # fmt: skip
        return quantised.read_bytes()
