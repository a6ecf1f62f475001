"""Second Source: ask your news library; every sentence cited, every citation checked."""

import os

# What it is made of reports to its makers unless told not to, some before any of their functions can be called:
# onnxruntime from its native code (since 1.29, on Linux too), Hugging Face's hub, Chroma.
for _name, _quiet in (
    ("ORT_DISABLE_TELEMETRY", "1"),
    ("HF_HUB_DISABLE_TELEMETRY", "1"),
    ("ANONYMIZED_TELEMETRY", "False"),
    ("DO_NOT_TRACK", "1"),
):
    os.environ.setdefault(_name, _quiet)
# numpy's own threads wait for each other by spinning. While the embedding model has the processors that cost a question
# a second; what numpy is asked for here is small. It reads this when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
