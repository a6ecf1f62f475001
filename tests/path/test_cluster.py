"""Embedding on Ray: two actors, one killed in the middle, make the same library as this process does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag.assistant import Assistant
from rag.settings import ROOT, Settings
from tests.support.checks import assert_whole, generated_articles, outcomes

PROGRAM = """
import json, sys, threading, time
from pathlib import Path
import ray
import psutil  # the one that Ray brings
from rag.assistant import Assistant
from rag.ingestion import ray_embedding
from rag.settings import Settings

ray_embedding.PASSAGES_AT_ONCE = 4
killed = []

def kill_one():
    while not killed:
        for process in psutil.process_iter(["cmdline"]):
            title = " ".join(process.info["cmdline"] or [])
            if title.startswith("ray::MapWorker(MapBatches(Actor)).submit"):
                process.kill()
                killed.append(title)
                return
        time.sleep(0.02)

with Assistant.open(Settings(store=Path(sys.argv[2]))) as assistant:
    threading.Thread(target=kill_one, daemon=True).start()
    events = [event.outcome for event in assistant.ingest([sys.argv[1]], "ray")]
print(json.dumps({"outcomes": events, "killed": killed}))
"""


def test_the_same_library_with_an_actor_killed_in_the_middle(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")
    articles = generated_articles(tmp_path / "articles", 48)
    with Assistant.open(Settings(store=tmp_path / "local")) as local:
        assert outcomes(list(local.ingest([articles]))) == ["added"] * 48
        expected = held(local)

    command = [sys.executable, "-c", PROGRAM, str(articles), str(tmp_path / "ray")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["outcomes"] == ["added"] * 48
    assert len(told["killed"]) == 1
    with Assistant.open(Settings(store=tmp_path / "ray")) as built:
        assert_whole(built.library)
        found = held(built)
    assert list(found) == list(expected)
    for id, (span, vector) in expected.items():
        assert found[id][0] == span
        assert np.abs(found[id][1] - vector).max() < 1e-6


def held(assistant: Assistant) -> dict[str, tuple[tuple[int, int], np.ndarray]]:
    """Of each passage, by its id, where it stands and its vector."""
    return {
        each.passage.id: ((each.passage.start, each.passage.end), np.frombuffer(each.vector, np.float32))
        for id in sorted(assistant.library.catalogue.ids())
        for each in assistant.library.catalogue.embedded(id)
    }


def test_without_ray_it_says_what_to_install(tmp_path: Path) -> None:
    """In a process in which Ray cannot be imported."""
    (tmp_path / "a.txt").write_text("The ferry stayed in Hollin.")
    program = "import sys; sys.modules['ray'] = None; sys.argv[0] = 'rag'; from rag.__main__ import main; main()"
    command = [
        sys.executable,
        "-c",
        program,
        "ingest",
        str(tmp_path),
        "--engine",
        "ray",
        "--store",
        str(tmp_path / "s"),
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert "Ray is not installed: `pip install -r requirements-ray.txt`" in ran.stderr
