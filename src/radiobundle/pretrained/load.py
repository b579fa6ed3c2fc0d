"""Load what `--pretrained` names: registered weights, a file or an https address; build the network of an entry."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from monai.bundle import ConfigParser
from torch import nn

from radiobundle.networks.transfer import FirstConv, TransferReport, load_pretrained
from radiobundle.pretrained.entry import WeightsEntry, WeightsError
from radiobundle.pretrained.locate import locate
from radiobundle.pretrained.registry import entry_files, find_entry


def registered(weights: str | Path) -> WeightsEntry | None:
    """Return the entry that `--pretrained` names; None: it names a file or an address.

    A word without a folder or suffix that is no file is a name.

    Raises:
        ValueError: there is no entry of that name.
    """
    text = str(weights)
    if text in entry_files():
        return find_entry(text)
    path = Path(text)
    is_word = path.name == text and not path.suffix and not path.exists()
    return find_entry(text) if is_word else None


def build_network(entry: WeightsEntry) -> nn.Module:
    """Return the network of registered weights, as its entry describes it, with random weights.

    Raises:
        WeightsError: the network comes from a package that is not installed.
    """
    package = str(entry.network["_target_"]).partition(".")[0]
    if find_spec(package) is None:
        raise WeightsError(
            f"{entry.name}: its network comes from {package}: `pip install {package}`, and what it needs for the torch "
            "that is installed"
        )
    network: nn.Module = ConfigParser({"network": dict(entry.network)}).get_parsed_content("network")
    return network


def load_start(network: nn.Module, weights: str | Path, *, first_conv: FirstConv = "sum") -> TransferReport:
    """Load the weights that `--pretrained` names into a network, see `load_pretrained`.

    Raises:
        ValueError: there is no such name.
        WeightsError: the registered file cannot be had.
        CheckpointError: the file is missing, or does not fit the network.
    """
    entry = registered(weights)
    return load_pretrained(network, weights if entry is None else locate(entry), first_conv=first_conv)
