"""Each thing that a reviewer would complain about is found, and a clean bundle has none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bundle_runs import BUNDLES, PNEUMONIA
from radiobundle.authoring.lint.code import list_code
from radiobundle.authoring.lint.command import lint_bundle
from radiobundle.cli import main


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A small bundle of its own: a copy of ours with a tiny network and one recipe."""
    folder = Path(shutil.copytree(PNEUMONIA, tmp_path / "bundle", ignore=shutil.ignore_patterns("store", "output*")))
    tiny = {
        "_target_": "radiobundle.networks.SimpleCNN",
        "in_channels": "@input_channels",
        "num_classes": "@num_classes",
    }
    for path in (folder / "configs/recipes").iterdir():
        if path.stem != "fp32":
            path.unlink()
    for name in ("train", "inference"):
        edit(folder / f"configs/{name}.json", lambda content: content.update(network_def=tiny))
    return folder


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("folder", BUNDLES, ids=lambda folder: folder.name)
def test_our_bundles_are_clean(folder: Path) -> None:
    assert lint_bundle(folder) == []


def metadata(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    return lambda bundle: edit(bundle / "configs/metadata.json", change)


def recipe(**content: Any) -> Callable[[Path], None]:
    return lambda bundle: (bundle / "configs/recipes/mine.json").write_text(json.dumps(content)) and None


def pred(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["network_data_format"]["outputs"]["pred"]
    return found


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no licence": (lambda b: (b / "LICENSE").unlink(), "LICENSE: missing"),
    "no model card": (lambda b: (b / "docs/README.md").unlink(), "docs/README.md: missing"),
    "field missing": (metadata(lambda m: m.pop("authors")), "'authors' is a required property"),
    "field of another type": (
        metadata(lambda m: m.update(version=1, changelog={"1": "x"})),
        "metadata.json: version: 1 is not of type",
    ),
    "version not in changelog": (metadata(lambda m: m.update(version="9.9.9")), "'9.9.9' is not in the changelog"),
    "channels miscounted": (metadata(lambda m: pred(m).update(num_channels=7)), "num_channels is 7, but channel_def"),
    "channels skip a number": (
        metadata(lambda m: pred(m).update(channel_def={"0": "normal", "1": "covid", "3": "non-covid"})),
        "pred#channel_def: channel_def numbers its 3 channels 0, 1, 3",
    ),
    "channel named twice": (
        metadata(lambda m: pred(m).update(channel_def={"0": "normal", "1": "covid", "2": "normal"})),
        "channel_def names 'normal' twice",
    ),
    "argument": (
        lambda b: edit(b / "configs/train.json", lambda c: c["train"]["trainer"].update(max_epoch=3)),
        "train#trainer#max_epoch: monai.engines.SupervisedTrainer takes no 'max_epoch'; did you mean 'max_epochs'?",
    ),
    "unused in a section": (
        lambda b: edit(b / "configs/train.json", lambda c: c["train"].update(augmentations=[])),
        "train#augmentations: nothing uses it; did you mean 'train#augmentation'?",
    ),
    "metadata cut": (lambda b: (b / "configs/metadata.json").write_text("{"), "metadata.json: line 1: not valid JSON"),
    "reference": (recipe(max_epochs="@max_epoch"), "'@max_epoch' refers to nothing; did you mean 'max_epochs'?"),
    "expression": (recipe(max_epochs="$2 * @batchsize"), "'@batchsize' refers to nothing; did you mean 'batch_size'?"),
    "extended in vain": (recipe(**{"+train#handler": []}), "+train#handler: extends nothing; did you mean 'train#"),
    "changed in vain": (recipe(**{"trian#trainer#amp": True}), "there is no 'trian#trainer' to change"),
    "unused": (recipe(max_epoch=3), "max_epoch: nothing uses it; did you mean 'max_epochs'?"),
    "labels again": (recipe(labels=["normal", "covid", "non-covid"]), "labels: repeats the labels"),
    "unknown base": (recipe(_after_=["stage9"]), "no configuration or recipe 'stage9'"),
    "property": (
        lambda b: edit(b / "configs/inference.json", lambda c: c.pop("dataset")),
        "MONAI's property 'dataset' is missing",
    ),
    "home": (lambda b: (b / "docs/notes.md").write_text("see /home/jane/images"), "a path on one machine, /home/jane"),
    "foreign code": (recipe(labels={"_target_": "evil.Thing"}), "evil.Thing: uses evil, which is not one of the known"),
    "shell": (recipe(labels="$os.system('ls')"), "uses os.system"),
    "import": (recipe(labels="$import subprocess"), "uses subprocess of the standard library"),
    "builtin": (recipe(labels="$eval('1')"), "uses eval"),
}  # fmt: skip


CONSEQUENCES = {  # what a flaw breaks elsewhere
    "extended in vain": "train#handler: nothing uses it",
    "property": "inference.json: dataloader#dataset: '@dataset' refers to nothing",
    "import": "ensemble.json: ensemble#labels: '@labels' is an import",
}


@pytest.mark.parametrize("case", BROKEN)
def test_flaw_is_found_and_nothing_else(case: str, bundle: Path) -> None:
    spoil, expected = BROKEN[case]
    spoil(bundle)
    wanted = [expected, *([CONSEQUENCES[case]] if case in CONSEQUENCES else [])]
    found = [str(finding) for finding in lint_bundle(bundle)]
    assert len(found) == len(wanted) and all(any(text in one for one in found) for text in wanted), found


def test_network_is_run_on_demand_only(bundle: Path) -> None:
    metadata(lambda content: pred(content).update(dtype="float16"))(bundle)
    assert lint_bundle(bundle) == []
    assert ["network_def: does not fit" in str(finding) for finding in lint_bundle(bundle, run=True)] == [True]


def test_large_file_must_be_listed(bundle: Path) -> None:
    (bundle / "models").mkdir()
    with (bundle / "models/model.pt").open("wb") as file:
        file.truncate(26 * 1024**2)
    assert any("models/model.pt: 26 MB" in str(finding) for finding in lint_bundle(bundle))
    (bundle / "large_files.yml").write_text("large_files:\n- path: models/model.pt\n")
    assert lint_bundle(bundle) == []


def test_command_says_so_by_its_exit_status(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(bundle), "--code"]) == 0
    output = capsys.readouterr().out
    assert "0 errors, 0 warnings" in output and "runs monai.engines.SupervisedTrainer" in output
    (bundle / "LICENSE").unlink()
    assert main(["lint", str(bundle), "--json"]) == 1
    content = json.loads(capsys.readouterr().out)[str(bundle)]
    assert content["findings"][0]["file"] == "LICENSE" and content["code"] == list_code(bundle)
    assert main(["lint", str(bundle / "docs")]) == 2


# What runs something else than a public class or function of a known package, by whichever way it is reached.
EVIL = [
    {"_target_": "os.system", "command": "COMMAND"},
    {"_target_": "posix.system", "command": "COMMAND"},
    {"_target_": "subprocess.run", "args": "COMMAND", "shell": True},
    {"_target_": "builtins.exec", "source": "COMMAND"},
    {"_target_": "eval"},
    {"_target_": "open", "file": "FILE", "mode": "w"},
    {"_target_": "torch.os.system", "command": "COMMAND"},
    {"_target_": "monai.utils.misc.subprocess.run", "args": "COMMAND", "shell": True},
    {"_target_": "monai.utils.run_cmd", "cmd_list": ["touch", "FILE"]},
    {"_target_": "run_cmd", "cmd_list": ["touch", "FILE"]},
    {"_target_": "radiobundle.transforms.geometry.torch.os.system", "command": "COMMAND"},
    {"_target_": "radiobundle.cli.main", "argv": ["phantom", "pneumonia", "FILE"]},
    {"_target_": "torch.hub.load", "repo_or_dir": "a/b", "model": "c"},
    {"_target_": "torch.load", "f": "FILE", "weights_only": False},
    {"_target_": "numpy.load", "file": "FILE", "allow_pickle": True},
    {"_target_": "pandas.read_pickle", "filepath_or_buffer": "FILE"},
    {"_target_": "pathlib.Path.touch", "self": "FILE"},
    {"_target_": "$torch.os.system", "command": "COMMAND"},
    {"_target_": "@bundle_root"},
    "$torch.os.system('COMMAND')",
    "$__import__('os').system('COMMAND')",
    "$[].__class__.__base__.__subclasses__()",
    "$(lambda module: module.os.system('COMMAND'))(torch)",
    "$getattr(torch, 'os').system('COMMAND')",
    "$from os import system",
    "$import os.path as torch",
    "$from monai.utils.misc import subprocess",
    "$os.path.os.system('COMMAND')",
    "$np.lib.npyio.os.system('COMMAND')",
    "$torch.load('FILE', weights_only=False)",
    "$torch.load('FILE', None, @labels)",
    "$@network_def.forward.__globals__['os'].system('COMMAND')",
    "$open('FILE', 'w').write('x')",
    "$exec('COMMAND')",
    "$setattr(torch.nn, 'Linear', print)",
    "%/etc/evil.json#x",
    "%/etc/evil.JSON::x",
    "$import evil",
    {"_target_": "torch.load", "f": "FILE", "_mode_": "callable"},
    {"_target_": "torch.utils.benchmark.Timer", "stmt": "COMMAND"},
    {"_target_": "monai.auto3dseg.algo_from_pickle", "pkl_filename": "FILE"},
    {"_target_": "radiobundle.models.trained.load_model", "folder": "hidden"},
    {"_target_": "radiobundle.packaging.package.write_zip", "folder": "hidden", "output": "FILE"},
    {"_target_": "radiobundle.bundles.unpack.unpacked", "path": "FILE"},
    {"_target_": "radiobundle.models.ensemble.Ensemble", "runs": ["hidden"], "labels": "@labels", "device": "cpu"},
    "$from PIL.ImageMath import unsafe_eval",
    "$torch.load('FILE', **{'weights_only': False})",
    "$np.load(*['FILE', None, True])",
    "$list(map(torch.load, ['FILE']))",
    "$np.lib.npyio.NpzFile('FILE', False, True)",
    "$(i async for i in [1]).ag_frame.f_builtins['eval']('COMMAND')",
    "$[(lambda eval: 1), eval('COMMAND')]",
    "$[(lambda torch: 1), torch.hub.load('a', 'b')]",
    "$np.ndarray.dump(np.zeros(1), 'FILE')",
    "$np.test()",
    "$@imports#0.posix_spawn('FILE', [], {})",
    "$@imports[1].hub.load('a', 'b')",
    "$(torch := 1)",
]


def plant(content: Any, path: Path) -> Path:
    """Put code into a configuration; return the file that it would make."""
    mark = path.parents[3] / "ran"
    content = json.loads(json.dumps(content).replace("COMMAND", f"touch {mark}").replace("FILE", str(mark)))
    path.parent.mkdir(exist_ok=True)
    base = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({**base, "network_def": content}))
    return mark


@pytest.mark.parametrize("content", EVIL, ids=str)
def test_code_that_no_configuration_needs_is_an_error_and_is_not_run(content: Any, bundle: Path) -> None:
    mark = plant(content, bundle / "configs/inference.json")
    content = json.loads(json.dumps(content).replace("COMMAND", f"touch {mark}").replace("FILE", str(mark)))
    found = [finding for finding in lint_bundle(bundle) if finding.level == "error"]
    text = content["_target_"] if isinstance(content, dict) else content
    assert any(text[:90] in str(finding) or finding.key.startswith("network_def") for finding in found), found
    assert not mark.exists()


@pytest.mark.parametrize(
    "text", ["statistics.sys.modules['subprocess']", "string.Formatter().get_field('0.f', [len], {})"]
)
def test_module_of_the_standard_library_leads_to_no_other(text: str, bundle: Path) -> None:
    imports = [f"$import {text.partition('.')[0]}"]
    edit(bundle / "configs/inference.json", lambda content: content.update(imports=imports, _mine_=f"${text}"))
    assert any(finding.level == "error" and text in str(finding) for finding in lint_bundle(bundle))


@pytest.mark.parametrize("file", ["inference.json", "metadata.json", "more/deep.yaml", "recipes/mine.json"])
def test_no_file_below_configs_is_overlooked(file: str, bundle: Path) -> None:
    mark = plant({"_target_": "os.system", "command": "COMMAND"}, bundle / "configs" / file)
    assert main(["lint", str(bundle), "--code"]) == 1 and main(["lint", str(bundle), "--run"]) == 1
    assert not mark.exists()


@pytest.mark.parametrize(
    "text",
    [
        "$import glob",
        "$from pathlib import Path",
        "$sorted(glob.glob(@bundle_root + '/*.png'))",
        "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
        "$setattr(torch.backends.cudnn, 'benchmark', True)",
        "$[{'image': i, 'label': l} for i, l in zip(@labels, @labels)]",
        "$monai.utils.set_determinism(seed=123)",
        "$np.float32(1) * np.pi",
        "$os.path.join(@bundle_root, 'x')",
        "$(lambda x: x.softmax(1))(torch.zeros(1, 2))",
        "$lambda input, *, y=2: [x for x in input if x > y for _ in x]",
        "$torch.load(@bundle_root, weights_only=True)",
        {"_target_": "LoadImaged", "keys": "image"},
        {"_target_": "torch.nn.CrossEntropyLoss"},
        {"_target_": "monai.networks.nets.UNet", "spatial_dims": 2},
    ],
    ids=str,
)
def test_usual_code_is_not_complained_of(text: Any, bundle: Path) -> None:
    edit(bundle / "configs/inference.json", lambda content: content.update(_mine_=text))
    edit(bundle / "configs/inference.json", lambda content: content["imports"].append("$import glob"))
    assert lint_bundle(bundle) == []


@pytest.mark.parametrize("text", ["$import scripts", "$import scripts.net", "$from scripts import net"])
def test_import_of_a_module_of_the_bundle_is_only_warned_of(text: str, bundle: Path) -> None:
    (bundle / "scripts").mkdir()
    (bundle / "scripts/__init__.py").write_text("")
    (bundle / "scripts/net.py").write_text("class Net: ...\n")
    edit(bundle / "configs/inference.json", lambda content: content["imports"].append(text))
    assert {finding.level for finding in lint_bundle(bundle)} == {"warning"}


def test_own_code_is_parsed_and_never_imported(bundle: Path) -> None:
    mark = bundle.parent / "imported"
    (bundle / "mynet.py").write_text(f"open({str(mark)!r}, 'w')\nclass Net: ...\n")
    edit(bundle / "configs/inference.json", lambda content: content.update(network_def={"_target_": "mynet.Net"}))
    assert ["warning: configs/inference.json: mynet.Net: runs the bundle's own code in mynet" in str(finding)
            for finding in lint_bundle(bundle)] == [True]  # fmt: skip
    edit(bundle / "configs/inference.json", lambda content: content.update(network_def={"_target_": "mynet.Not"}))
    assert any("mynet.py defines no Not" in str(finding) for finding in lint_bundle(bundle))
    assert not mark.exists()


@pytest.mark.parametrize("name", ["torch.py", "monai/__init__.py", "json.py"])
def test_module_that_hides_an_installed_one_is_an_error(name: str, bundle: Path) -> None:
    (bundle / name).parent.mkdir(exist_ok=True)
    (bundle / name).write_text("")
    assert any(
        f"hides the package {Path(name).parts[0].removesuffix('.py')}" in str(one) for one in lint_bundle(bundle)
    )


def test_logging_file_is_not_evaluated(bundle: Path) -> None:
    path = bundle / "configs/logging.conf"
    path.write_text(path.read_text().replace("args=(sys.stdout,)", "args=(__import__('os').getcwd(),)"))
    assert any("configs/logging.conf" in str(finding) and finding.level == "error" for finding in lint_bundle(bundle))
