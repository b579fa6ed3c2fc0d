"""Optimisers that train other weights than those to be judged, alone and in a bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from ignite.engine import Engine, Events
from monai.bundle import ConfigParser
from schedulefree import AdamWScheduleFree

from bundle_runs import PNEUMONIA, config_files, history, narrow_resnet, run_bundle, weights
from radiobundle.bundles.running import unwrap
from radiobundle.training import OptimizerMode

OPTIONS: dict[str, Any] = {
    "network_def": narrow_resnet(8, 8, 8, 8), "image_size_px": [32, 32], "batch_size": 8, "max_epochs": 2,
    "warmup_epochs": 0,
}  # fmt: skip


def trained_number() -> tuple[torch.nn.Parameter, AdamWScheduleFree, Engine]:
    """A number that is trained towards 0, batch by batch."""
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimizer = AdamWScheduleFree([weight], lr=0.1, betas=(0.9, 0.999))

    def step(*_: object) -> None:
        optimizer.zero_grad()
        weight.square().sum().backward()
        optimizer.step()

    return weight, optimizer, Engine(step)


def averages(steps: int) -> list[float]:
    """Equations 3 to 5 of Defazio et al. 2024 for that number, with Adam's second moment."""
    x = z = 1.0
    squares, found = 0.0, []
    for count in range(1, steps + 1):
        gradient = 2 * (0.1 * z + 0.9 * x)
        squares = 0.999 * squares + 0.001 * gradient**2
        z -= 0.1 * gradient / ((squares / (1 - 0.999**count)) ** 0.5 + 1e-8)
        x += (z - x) / count
        found.append(x)
    return found


def test_validation_judges_the_average_of_all_steps_and_training_goes_on() -> None:
    weight, optimizer, trainer = trained_number()
    judged: list[float] = []
    validator = Engine(lambda *_: judged.append(float(weight.detach())))
    OptimizerMode(optimizer=optimizer, validator=validator).attach(trainer)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: validator.run([0]))
    trainer.run(range(6))
    assert judged == pytest.approx(averages(6), rel=1e-9)


def test_average_is_what_an_epoch_leaves_also_without_validation() -> None:
    weight, optimizer, trainer = trained_number()
    OptimizerMode(optimizer=optimizer).attach(trainer)
    trainer.run(range(6))
    assert float(weight.detach()) == pytest.approx(averages(6)[-1], rel=1e-9)


def test_ordinary_optimiser_is_left_alone() -> None:
    trainer, validator = Engine(lambda *_: None), Engine(lambda *_: None)
    parameters = [torch.nn.Parameter(torch.zeros(1))]
    OptimizerMode(optimizer=torch.optim.AdamW(parameters), validator=validator).attach(trainer)
    trainer.run([0])
    validator.run([0])


def test_saved_network_is_the_one_that_was_validated(paths: dict[str, str]) -> None:
    """A validation within the epoch, too, judges the average and lets the training go on."""
    run_bundle("train", "recipes/schedule_free", **OPTIONS, **paths, loss_interval=1, precision="fp32")
    last = weights(paths, "last.pt")
    assert not any(group["train_mode"] for group in last["optimizer"]["param_groups"])
    assert history(paths)["learning_rate"].nunique() == 1
    run_bundle("train", "evaluate", "recipes/schedule_free", **OPTIONS, **paths, precision="fp32", bootstrap=20)
    metrics = json.loads((Path(paths["output_dir"]) / "metrics.json").read_text())
    judged = metrics["splits"]["validation"]["overall"]["probability"]["auroc"]["value"]
    assert judged == pytest.approx(history(paths)["val_auroc"].max(), abs=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ema_decay": 0.9}, "ema_decay: a schedule-free optimiser keeps an average of its own"),
        ({"lr_scheduler": "@lr_schedulers#one_cycle"}, "lr_scheduler: it changes betas"),
    ],
)
def test_what_would_spoil_the_average_is_refused(paths: dict[str, str], options: dict[str, Any], message: str) -> None:
    with pytest.raises(RuntimeError) as caught:  # MONAI wraps what an expression raises
        run_bundle("train", "recipes/schedule_free", **OPTIONS, **paths, **options)
    assert str(unwrap(caught.value)).startswith(message)


@pytest.mark.parametrize("recipes", [("quick", "imagenet_resnet18"), ("imagenet_resnet18", "quick")])
def test_quick_recipe_trains_what_another_one_says(recipes: tuple[str, ...]) -> None:
    names = ["train", *(f"recipes/{name}" for name in recipes)]
    parser = ConfigParser(ConfigParser.load_config_files(config_files(*names)))
    parser.read_meta(PNEUMONIA / "configs" / "metadata.json")
    optimizer = parser.get_parsed_content("optimizer")
    assert isinstance(optimizer, AdamWScheduleFree) and len(optimizer.param_groups) == 2


def test_quick_recipe_holds_the_schedule_free_one() -> None:
    quick, schedule_free = (
        json.loads((PNEUMONIA / "configs" / "recipes" / f"{name}.json").read_text())
        for name in ("quick", "schedule_free")
    )
    assert {**schedule_free, "_purpose_": ""}.items() <= {**quick, "_purpose_": ""}.items()


def test_rate_grows_to_what_it_then_stays(paths: dict[str, str]) -> None:
    options = {**OPTIONS, "max_epochs": 4, "warmup_epochs": 2, "learning_rate": 0.004}
    run_bundle("train", "recipes/schedule_free", **options, **paths)
    first, *others = history(paths)["learning_rate"]
    assert 0.002 <= first < 0.003 and others == pytest.approx([0.004] * 3)


def test_range_test_takes_its_steps(paths: dict[str, str]) -> None:
    run_bundle("train", "recipes/schedule_free", "recipes/lr_range_test", **OPTIONS, **paths, range_iterations=20)
    assert (Path(paths["output_dir"]) / "lr_range.json").is_file()
