"""Which rows belong together because they share a key, directly or through other rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def linked_groups(n_rows: int, keys: Iterable[pd.Series]) -> np.ndarray:
    """Number the groups of rows that are linked by equal keys.

    Args:
        n_rows: number of rows.
        keys: series of length `n_rows`; two rows with the same value of one key are linked, NaN links nothing.

    Returns:
        int array (n_rows,): group of each row, numbered from 0 in order of first appearance.
    """
    rows: list[np.ndarray] = [np.empty(0, dtype=np.int64)]
    nodes: list[np.ndarray] = [np.empty(0, dtype=np.int64)]
    n_nodes = n_rows
    for key in keys:
        codes, values = pd.factorize(key)
        known = np.flatnonzero(codes >= 0)
        rows.append(known)
        nodes.append(codes[known] + n_nodes)
        n_nodes += len(values)
    row, node = np.concatenate(rows), np.concatenate(nodes)
    graph = coo_array((np.ones(len(row), dtype=np.int8), (row, node)), shape=(n_nodes, n_nodes))
    components = connected_components(graph, directed=False)[1][:n_rows]
    return pd.factorize(components)[0].astype(np.int64)
