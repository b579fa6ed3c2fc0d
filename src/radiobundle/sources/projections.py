"""Which projection of a chest is wanted, and which images have it."""

from __future__ import annotations

import pandas as pd

VIEW_CHOICES = ("frontal", "lateral", "all", "PA", "AP")


def require_views(views: pd.Series, view: str, table: str) -> None:
    """Raise ValueError if a view is wanted and none is known.

    Args:
        views: NaN where unknown.
        view: that is wanted; `all` needs none.
        table: that says them, for the message.
    """
    if view != "all" and views.isna().all():
        raise ValueError(f"`view` {view}: no view is known; put {table} into the folder, or take all")


def of_view(views: pd.Series, is_frontal: pd.Series, view: str) -> pd.Series:
    """Return a bool series: the images of a view of `VIEW_CHOICES`.

    Args:
        views: PA, AP and so on; NaN where unknown.
        is_frontal: bool; NaN where unknown: such an image is of `all` only.
        view: which.
    """
    if view in ("PA", "AP"):
        return views == view
    if view == "all":
        return pd.Series(True, index=views.index)
    return is_frontal.eq(view == "frontal") & is_frontal.notna()
