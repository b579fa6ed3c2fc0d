"""One training in several processes, as started by `torchrun`: one GPU each, or a fraction of the CPU."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from ignite.handlers import ProgressBar
from monai.handlers import TensorBoardStatsHandler
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class ProcessGroup:
    """This process among the others.

    Attributes:
        device: its own.
    """

    device: torch.device

    def wrap(self, network: nn.Module) -> nn.Module:
        """Return the network that averages gradients over all processes; the bare one keeps the weights and names.

        Batch normalisation takes its statistics from all processes on GPUs, and from each process's own batch on CPUs.
        """
        if self.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
            return DistributedDataParallel(network, device_ids=[self.device])
        return DistributedDataParallel(network)

    def leave(self) -> None:
        """Leave the group when all processes are done: one that loses the first one's store would abort."""
        distributed.barrier()
        distributed.destroy_process_group()


def join_process_group() -> ProcessGroup:
    """Join the processes that `torchrun` has started.

    Raises:
        ValueError: this process was not started by `torchrun`.
    """
    if "LOCAL_RANK" not in os.environ:
        raise ValueError(
            "multi_gpu_train.json is for several processes; use torchrun --nproc_per_node=N -m monai.bundle run ..."
        )
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return ProcessGroup(device)


def local_handlers(handlers: Sequence[Any]) -> list[Any]:
    """Return the handlers that this process runs: all in the first one, without output and files in the others."""
    if distributed.get_rank() == 0:
        return list(handlers)
    return [handler for handler in handlers if not isinstance(handler, (ProgressBar, TensorBoardStatsHandler))]
