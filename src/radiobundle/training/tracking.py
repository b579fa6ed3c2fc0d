"""MONAI's experiment tracking (`--tracking mlflow`) for trainers that keep a batch whole."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from monai.handlers import MLFlowHandler
from monai.utils.enums import CommonKeys as Keys


def adapt_tracking(handlers: Sequence[Any]) -> list[Any]:
    """Return a trainer's handlers, after letting MLflow's, if MONAI added one, read the loss from a whole batch.

    MONAI's default (1.6) reads it from the first item of a batch that was divided into items, which costs time and is
    off here (`decollate`); from a whole batch it would get a tuple, and fail.
    """
    for handler in handlers:
        if isinstance(handler, MLFlowHandler):
            handler.output_transform = itemgetter(Keys.LOSS)
    return list(handlers)
