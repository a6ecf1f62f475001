"""The files of models: known by their sha256, and opened alike where they are ONNX."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from rag.settings import stop_reports


def open_session(model: Path, threads: int | None = None) -> Any:
    """The model of a file as onnxruntime's session, computing in so many threads, or one for each core."""
    stop_reports()
    import onnxruntime  # late: it takes a tenth of a second, and not every command runs a model

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    options.log_severity_level = 3
    # A thread that waits by spinning takes the processor from whoever else has work, another question for one.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def sha256(path: Path) -> str:
    """The hash of a file, as 64 hexadecimal digits. Raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
