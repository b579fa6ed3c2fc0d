"""What of a configuration is used, and what of it stands idle."""

from __future__ import annotations

from radiobundle.bundles.config_ids import drop_idle_blocks
from radiobundle.bundles.running import unknown_ids, useless_options

CONFIG = {
    "networks": {"_comment_": "choose", "small": {"_target_": "A"}, "large": {"_target_": "B"}},
    "losses": {"bce": {"_target_": "C"}},
    "network_def": "@networks#small",
    "run": ["$@network_def"],
}


def test_idle_named_components_are_dropped_with_what_is_said_of_them() -> None:
    assert drop_idle_blocks(CONFIG) == {
        "networks": {"small": {"_target_": "A"}}, "network_def": "@networks#small", "run": ["$@network_def"],
    }  # fmt: skip


def test_idle_named_component_is_known_but_an_option_for_it_is_useless() -> None:
    assert unknown_ids({**CONFIG, "netwrks": {}}) == ["netwrks"]
    assert useless_options({"networks#small#x": 1, "networks#large#x": 1}, CONFIG) == ["networks#large#x"]
