"""The packed store of a run, as far as it is still there."""

from __future__ import annotations

from monai.bundle import ConfigParser

from radiobundle.bundles.own_code import CODE, import_from
from radiobundle.images.kept import KeptPixels
from radiobundle.images.store import ImageStore
from radiobundle.viewing.runs import ViewedRun
from radiobundle.viewing.settings import STORE_DIR, settings_of

_STORE = "store"


def kept_pixels(run: ViewedRun) -> KeptPixels | None:
    """Return what the store of a run holds; None if the run names no store, or its store is gone or cannot be read."""
    config = run.facts.get("config")
    if not isinstance(config, dict) or _STORE not in config:
        return None
    import_from(run.folder / CODE if (run.folder / CODE).is_dir() else run.folder)
    try:
        found = settings_of(run).get(STORE_DIR)
        moved = {} if found is None else {STORE_DIR: str(found)}
        store = ConfigParser({**config, **moved}).get_parsed_content(_STORE)
    except Exception:  # whatever the configuration's own code raises; the files are read instead
        return None
    kept = KeptPixels(store) if isinstance(store, ImageStore) else None
    return kept or None
