"""The preprocessing that an exported file may ask for: a closed list of steps with checked parameters, as data.

A TorchScript or ONNX file may come from anywhere. Its description chooses preprocessing from this list by name;
nothing is imported, instantiated or evaluated because a file asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from monai.transforms import (
    AdjustContrast,
    CenterScaleCrop,
    GaussianSharpen,
    GaussianSmooth,
    HistogramNormalize,
    MedianSmooth,
    ScaleIntensityRangePercentiles,
)

from radiobundle.suggest import did_you_mean
from radiobundle.transforms import EnhancementChannels, MaskBorder, MaskMarkers, OnlyBorder
from radiobundle.transforms.enhancement import EQUALISATIONS

NAME = "step"  # the key that names a step
_POSITIVE = {"type": "number", "exclusiveMinimum": 0, "maximum": 1000}
_LEVEL = {"type": "number", "minimum": 0, "maximum": 255}
_PERCENTILE = {"type": "number", "minimum": 0, "maximum": 100}
_SWITCH = {"type": "boolean"}
_FRAME = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5}


@dataclass(frozen=True)
class Step:
    """One entry of the list.

    Attributes:
        build: makes the transform from its parameters.
        target: its name in a configuration.
        parameters: JSON schema of each.
        required: parameters that must be given.
    """

    build: Callable[..., Callable[[Any], Any]]
    target: str
    parameters: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...] = ()


def _monai(build: Callable[..., Any], parameters: Mapping[str, Any], *required: str) -> Step:
    return Step(build, f"monai.transforms.{build.__name__}", parameters, required)


STEPS = {
    "adjust_contrast": _monai(
        AdjustContrast, {"gamma": _POSITIVE, "invert_image": _SWITCH, "retain_stats": _SWITCH}, "gamma"
    ),
    "center_scale_crop": _monai(
        CenterScaleCrop,
        {
            "roi_scale": {
                "anyOf": [
                    {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                    {
                        "type": "array",
                        "items": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                        "minItems": 2,
                        "maxItems": 2,
                    },
                ]
            }
        },
        "roi_scale",
    ),
    "enhancement_channels": Step(
        EnhancementChannels,
        "radiobundle.transforms.EnhancementChannels",
        {"contrast": _POSITIVE, "equalisation": {"enum": list(EQUALISATIONS)}},
    ),
    "gaussian_sharpen": _monai(GaussianSharpen, {"sigma1": _POSITIVE, "sigma2": _POSITIVE, "alpha": _POSITIVE}),
    "gaussian_smooth": _monai(GaussianSmooth, {"sigma": _POSITIVE}),
    "histogram_normalize": _monai(
        HistogramNormalize,
        {"num_bins": {"type": "integer", "minimum": 2, "maximum": 65536}, "min": _LEVEL, "max": _LEVEL},
    ),
    "mask_border": Step(MaskBorder, "radiobundle.transforms.MaskBorder", {"fraction": _FRAME}),
    "mask_markers": Step(MaskMarkers, "radiobundle.transforms.MaskMarkers", {}),
    "median_smooth": _monai(MedianSmooth, {"radius": {"type": "integer", "minimum": 1, "maximum": 32}}),
    "only_border": Step(OnlyBorder, "radiobundle.transforms.OnlyBorder", {"fraction": _FRAME}),
    "scale_intensity_range_percentiles": _monai(
        ScaleIntensityRangePercentiles,
        {"lower": _PERCENTILE, "upper": _PERCENTILE, "b_min": _LEVEL, "b_max": _LEVEL, "clip": _SWITCH},
        "lower",
        "upper",
        "b_min",
        "b_max",
    ),
}
_NAME_OF_TARGET = {step.target: name for name, step in STEPS.items()}


def to_data(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a configuration's preprocessing steps, with references resolved, as entries of the list.

    Raises:
        ValueError: one is not in the list, or has other parameters.
    """
    found = []
    for step in steps:
        target = str(step.get("_target_"))
        if target not in _NAME_OF_TARGET:
            raise ValueError(
                f"preprocessing step '{target}' cannot be stored in a TorchScript or ONNX file, which know "
                f"{', '.join(sorted(_NAME_OF_TARGET))}; share the bundle itself, packaged with --no-export"
            )
        entry = {NAME: _NAME_OF_TARGET[target], **{key: value for key, value in step.items() if key != "_target_"}}
        _check(entry, "the bundle")
        found.append(entry)
    return found


def build_steps(entries: Sequence[Mapping[str, Any]], *, name: str) -> list[Callable[[Any], Any]]:
    """Return the transforms requested by a file.

    Args:
        entries: {"step": name in the list, parameters ...}; also, as version 1 of the description had it,
            {"_target_": a step's exact name in a configuration, parameters ...}.
        name: of the file, for messages.

    Raises:
        ValueError: an entry is not in the list, or a parameter is not one of its own or out of range.
    """
    return [_build(entry, name) for entry in entries]


def _build(entry: Mapping[str, Any], name: str) -> Callable[[Any], Any]:
    if NAME not in entry and "_target_" in entry:
        known = _NAME_OF_TARGET.get(str(entry["_target_"]), str(entry["_target_"]))
        entry = {NAME: known, **{key: value for key, value in entry.items() if key != "_target_"}}
    _check(entry, name)
    parameters = {key: value for key, value in entry.items() if key != NAME}
    return STEPS[entry[NAME]].build(**parameters)


def _check(entry: Mapping[str, Any], name: str) -> None:
    kind = entry.get(NAME)
    if not isinstance(kind, str) or kind not in STEPS:
        hint = did_you_mean(str(kind), STEPS) or f"; known steps are {', '.join(STEPS)}"
        raise ValueError(f"{name}: its preprocessing holds '{kind}', which is not allowed{hint}")
    step = STEPS[kind]
    schema = {
        "properties": {NAME: {}, **step.parameters},
        "required": list(step.required),
        "additionalProperties": False,
    }
    problem = best_match(Draft202012Validator(schema).iter_errors(dict(entry)))
    if problem is not None:
        where = "#".join(map(str, problem.absolute_path))
        raise ValueError(f"{name}: its preprocessing step '{kind}': {where}{': ' if where else ''}{problem.message}")
