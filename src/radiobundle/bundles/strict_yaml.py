"""YAML that means what it says: keys that stand twice, and numbers that YAML 1.1 reads oddly, are refused."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode

_ODD_NUMBER = re.compile(r"[-+]?(0[0-7_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)")  # base 8, base 60
_MERGE = "tag:yaml.org,2002:merge"


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file.

    Raises:
        ValueError: it is not valid; a key stands twice in one mapping; or a number is one that YAML 1.1 reads in base 8
            (`010` is 8) or in base 60 (`1:30` is 90). The message names the file and the line.
    """
    try:
        return yaml.load(path.read_text("utf-8"), Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}:" if error.problem_mark else ""
        raise ValueError(f"{path}:{line} {error.problem}; correct the file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not valid YAML ({' '.join(str(error).split())}); correct the file") from error


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader keeps the last of several equal keys, and knows numbers of other bases."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, Node] = {}
        for key, _ in node.value:
            first = seen.setdefault(str(key.value), key)
            if first is not key and key.tag != _MERGE:
                problem = f"'{key.value}' stands in line {first.start_mark.line + 1} already, keep one"
                raise ConstructorError(problem=problem, problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)

    def construct_number(self, node: ScalarNode) -> Any:
        if _ODD_NUMBER.fullmatch(node.value):
            problem = f"YAML reads {node.value} in base 8 or 60; write it in base 10, or a text in quotes"
            raise ConstructorError(problem=problem, problem_mark=node.start_mark)
        construct = self.construct_yaml_int if node.tag.endswith(":int") else self.construct_yaml_float
        return construct(node)


for _kind in ("int", "float"):
    _StrictLoader.add_constructor(f"tag:yaml.org,2002:{_kind}", _StrictLoader.construct_number)
