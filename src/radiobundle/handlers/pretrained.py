"""Start a training from another training's weights."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Events
from monai.engines import Workflow

from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.files import write_json
from radiobundle.networks.transfer import FirstConv, load_pretrained
from radiobundle.pretrained.entry import WeightsError
from radiobundle.pretrained.fit import input_channels, input_difference
from radiobundle.pretrained.load import registered
from radiobundle.pretrained.locate import locate
from radiobundle.pretrained.passport import PASSPORT, describe_start, passport_leaks, passport_unknown

logger = logging.getLogger("radiobundle")


class PretrainedWeights:
    """Handler for the trainer: load other weights before the first epoch of a new run, and log which keys were used.

    It must come after `TrainingCheckpoint`, because a resumed run keeps its own weights, and before `RunManifest`,
    which takes over the passport that it writes beside the weights.

    Args:
        network: a MONAI ResNet, DenseNet or EfficientNet.
        weights: name in the registry, file or https address; None: none.
        first_conv: see `load_pretrained`.
        normalisation: the configuration's; registered weights are refused if they were trained with another. None: it
            is not compared.
        datalist: weights that may have seen images of its test split are refused. None: that is not checked.
        accept_leak: start from them nevertheless; the evaluation then says so.
        ckpt_dir: gets `pretrained.json`, the passport. None: it is not kept.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        weights: str | Path | None,
        first_conv: FirstConv = "sum",
        *,
        normalisation: Sequence[Any] | None = None,
        datalist: str | Path | None = None,
        accept_leak: bool = False,
        ckpt_dir: str | Path | None = None,
    ) -> None:
        self.network, self.weights, self.first_conv = network, weights, first_conv
        self.normalisation, self.datalist, self.accept_leak = normalisation, datalist, accept_leak
        self.ckpt_dir = ckpt_dir

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer."""
        if self.weights is not None:
            engine.add_event_handler(Events.STARTED, self)

    def __call__(self, engine: Workflow) -> None:
        """Load the weights, unless the run was resumed."""
        if engine.state.epoch > 0:
            return
        assert self.weights is not None, "attached only with weights"
        entry = registered(self.weights)
        if entry is not None and self.normalisation is not None:
            channels = input_channels(self.network)
            if difference := input_difference(entry, self.normalisation, channels=channels):
                raise WeightsError(difference)
        source = self.weights if entry is None else locate(entry)
        report = load_pretrained(self.network, source, first_conv=self.first_conv)
        logger.info("pretrained weights from %s: %s", self.weights, report)
        passport = describe_start(entry, source)
        self._check_leak(passport)
        if entry is not None and entry.licence is not None and entry.licence.commercial_use is False:
            logger.warning("%s: its licence, %s, forbids commercial use", entry.name, entry.licence.name)
        if self.ckpt_dir is not None and idist.get_rank() == 0:
            write_json(Path(self.ckpt_dir) / PASSPORT, passport)

    def _check_leak(self, passport: dict[str, Any]) -> None:
        """Refuse weights that may have seen the test images, or add to their passport why, and that it was accepted."""
        if self.datalist is None:
            return
        datalist = read_datalist(self.datalist)
        if unknown := passport_unknown(passport, datalist):
            logger.info(
                "the datalist's source, %s, does not tell whether these weights have seen its images: %s",
                ", ".join(unknown),
                "; ".join(f"they were trained on {seen['data_set']}" for seen in passport["trained_on"]),
            )
        if not (found := passport_leaks(passport, datalist)):
            return
        if not self.accept_leak:
            raise WeightsError(
                f"{self.weights}: these weights may have seen the images of the test split: {'; '.join(found)}. Start "
                "from others (`radiobundle weights list`), test on another data set, or give --accept_leak True, which "
                "marks every result"
            )
        logger.warning("%s: may have seen the test images, and that was accepted: %s", self.weights, "; ".join(found))
        passport["leak_accepted"] = found
