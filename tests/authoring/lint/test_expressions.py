"""What an expression of a configuration may not do in a roundabout way."""

from __future__ import annotations

import pytest

from radiobundle.authoring.lint.expressions import expression_problems


def problems(expression: str) -> list[str]:
    return list(expression_problems(expression, {"os": {"os"}}, local=frozenset()))


@pytest.mark.parametrize(
    "expression", ["os.environ['A']", "os.environ.get('A', 'b')", "'A' in os.environ", "sorted(os.environ.items())"]
)
def test_environment_may_be_read(expression: str) -> None:
    assert problems(expression) == []


@pytest.mark.parametrize(
    "expression",
    ["os.environ.update(A='b')", "os.environ.setdefault('A', 'b')", "os.environ.pop('A')", "dict(os.environ)",
     "(lambda found: found.update(A='b'))(os.environ)", "[found.clear() for found in [os.environ]]"],
)  # fmt: skip
def test_environment_may_not_be_changed(expression: str) -> None:
    assert any("os.environ" in problem for problem in problems(expression))


@pytest.mark.parametrize(
    "expression",
    ["@network.apply(lambda part: part.eval())", "@table.agg('mean')", "@network.apply(torch.nn.init.zeros_)"],
)
def test_methods_may_be_named_that_do_no_harm(expression: str) -> None:
    assert problems(expression) == []


@pytest.mark.parametrize(
    "expression",
    ["@table.apply('to_pickle', path='x')", "@table.agg(['mean', 'to_csv'])", "@table.apply(func='to_' + 'csv')",
     "@table.pipe(''.join(['to_', 'csv']))", "@table.apply(@method)", "[@table.agg(name) for name in ['to_csv']]"],
)  # fmt: skip
def test_methods_named_by_a_text_are_read(expression: str) -> None:
    assert problems(expression)
