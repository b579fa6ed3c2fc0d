"""DICOM output for DICOM images: a Structured Report, and the heat map as Secondary Capture."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom
from PIL import Image

from radiobundle.files import replacing
from radiobundle.images.dicom import read_header
from radiobundle.models.model import Model
from radiobundle.serving.dicom_source import legal_source
from radiobundle.serving.heat import safe_name
from radiobundle.serving.secondary_capture import build_capture
from radiobundle.serving.structured_report import ReportedLabel, build_report
from radiobundle.serving.table import is_predicted

logger = logging.getLogger(__name__)


class DicomWriter:
    """Writes `<image>.sr.dcm` and, where there is a heat map, `<image>.heat.dcm`.

    Args:
        folder: output folder.
        model: the model that made the predictions.
    """

    def __init__(self, folder: Path, model: Model) -> None:
        self.folder, self.model = folder, model

    def write(self, row: pd.Series, path: Path, figure: Path | None) -> None:
        """Write the DICOM output for one image.

        Args:
            row: row of the table, see `tabulate`.
            path: the DICOM file.
            figure: heat map, if one was plotted.

        Raises:
            ValueError: the image's header does not allow it; the message names what is missing.
        """
        try:
            source, emptied = legal_source(read_header(path))
            if emptied:
                logger.warning("%s: not valid in DICOM, so left out of its report: %s", path, ", ".join(emptied))
            objects = {"sr": build_report(source, self._findings(row), model=self.model, unusual=row.get("ood_score"))}
            if figure is not None:
                pixels = np.asarray(Image.open(figure).convert("RGB"))
                objects["heat"] = build_capture(source, pixels, model=self.model)
            for kind, found in objects.items():
                self._save(found, self.folder / f"{safe_name(row['image'])}.{kind}.dcm")
        except OSError:
            raise  # of the folder that is written to
        except Exception as error:  # pydicom and highdicom raise nearly every type on odd headers
            raise ValueError(f"predicted, but its header does not allow DICOM output ({error})") from error

    def _findings(self, row: pd.Series) -> list[ReportedLabel]:
        model = self.model
        return [
            ReportedLabel(
                label=label,
                present=is_predicted(row, label),
                probability=row[f"prob:{label}"],
                calibrated=row.get(f"calibrated:{label}"),
                threshold=model.deciding_thresholds.get(label),
            )
            for label in model.labels
        ]

    def _save(self, dataset: Any, target: Path) -> None:
        with replacing(target) as temporary:
            pydicom.dcmwrite(temporary, dataset, enforce_file_format=True)
