"""A forward pass and a training step on a CPU, with and without keeping freed memory, and with folded normalisation.

Each case runs in a separate process, since a process that once keeps its memory cannot stop; they take turns. Counted
is processor time, which other work on the same machine changes less than the time that passes. The precision is the
bundles': bfloat16 where the processor has it.

    python scripts/benchmark_memory_kept.py [--network densenet121]
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable

import torch
from monai.networks.nets import DenseNet121, resnet18

from benchmark_common import describe_machine, make_parser, publish
from radiobundle.networks.folding import FoldedBatchNorm
from radiobundle.training import place_network
from radiobundle.training.acceleration import keep_freed_memory
from radiobundle.training.precision import choose_precision

BATCH, SIZE_PX, TURNS = 64, 128, 4
GIVEN_BACK, KEPT = "given back", "kept"
PLAIN, FOLDED = "forward pass", "forward pass, normalisation folded"
NETWORKS: dict[str, Callable[[], torch.nn.Module]] = {
    "resnet18": lambda: resnet18(
        spatial_dims=2, n_input_channels=1, num_classes=3, conv1_t_stride=2, bias_downsample=False
    ),
    "densenet121": lambda: DenseNet121(spatial_dims=2, in_channels=1, out_channels=3),
}


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--network", choices=NETWORKS, default="resnet18")
    parser.add_argument("--case", choices=(GIVEN_BACK, KEPT), help="only this one, in this process; prints JSON")
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(arguments.network, kept=arguments.case == KEPT)))
        return
    speeds: dict[str, dict[str, list[float]]] = {}
    for _ in range(arguments.rounds):
        for case in (GIVEN_BACK, KEPT):
            for work, speed in run_case(case, arguments.network).items():
                speeds.setdefault(work, {}).setdefault(case, []).append(speed)
    rows = [row(work, of_case) for work, of_case in speeds.items()]
    both = statistics.median(speeds[FOLDED][KEPT]) / statistics.median(speeds[PLAIN][GIVEN_BACK])
    facts = {"machine": describe_machine(), "network": arguments.network, "batch": f"{BATCH} of {SIZE_PX} px"}
    facts["kept and folded is, to neither"] = f"{both:.2f} x"
    publish("Memory kept", facts, rows, arguments.output)


def run_case(case: str, network: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--case", case, "--network", network]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(name: str, *, kept: bool) -> dict[str, float]:
    """Return images per second of processor time of each kind of work."""
    if kept:
        keep_freed_memory()
    torch.manual_seed(0)
    network = place_network(NETWORKS[name](), "cpu").eval()
    images = torch.randn(BATCH, 1, SIZE_PX, SIZE_PX).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 3, (BATCH,))
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    dtype = choose_precision("auto", "cpu")

    folded = FoldedBatchNorm()

    def logits(run: Callable[[torch.Tensor], torch.Tensor] = network) -> torch.Tensor:
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            return run(images).float()

    @torch.inference_mode()
    def forward() -> None:
        logits()

    @torch.inference_mode()
    def forward_folded() -> None:
        logits(lambda images: folded(network, images))

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits(), labels).backward()
        optimizer.step()

    found = {PLAIN: per_second(forward), FOLDED: per_second(forward_folded)}
    network.train()
    return {**found, "training step": per_second(step)}


def per_second(work: Callable[[], None]) -> float:
    spent = []
    for _ in range(TURNS + 1):
        begin = processor_seconds()
        work()
        spent.append(processor_seconds() - begin)
    return BATCH / statistics.median(spent[1:])


def processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def row(work: str, speeds: dict[str, list[float]]) -> dict[str, str]:
    median = {case: statistics.median(values) for case, values in speeds.items()}
    shown = {case: f"{median[case]:.1f} ({min(values):.1f} to {max(values):.1f})" for case, values in speeds.items()}
    return {"work": work, **shown, "kept is": f"{median[KEPT] / median[GIVEN_BACK]:.2f} x"}


if __name__ == "__main__":
    main()
