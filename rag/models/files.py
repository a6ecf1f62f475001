"""Model files: their sha256, and ONNX models opened with onnxruntime."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from rag.settings import stop_reports


def open_session(model: Path, threads: int | None = None) -> Any:
    """The ONNX model in a file as a session of onnxruntime, with `threads` threads, or one for each core."""
    stop_reports()
    import onnxruntime  # late: it takes a tenth of a second, and not every command runs a model

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    options.log_severity_level = 3
    # Threads that spin while they wait take the processor from others, for example from another question.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def sha256(path: Path) -> str:
    """The hash of a file, as 64 hexadecimal digits. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
