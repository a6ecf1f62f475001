"""The wheel: everything that rag/ has is in it, and it runs without the repository."""

from __future__ import annotations

import email
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import httpx
import pytest

import rag
from rag.settings import ROOT, Settings

NEEDED = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "requirements*.txt")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from a copy of the tree, as a build leaves folders behind, and unpacked."""
    folder = tmp_path_factory.mktemp("package")
    tree = folder / "tree"
    shutil.copytree(ROOT / "rag", tree / "rag", ignore=shutil.ignore_patterns("__pycache__", "secrets.toml"))
    for pattern in NEEDED:
        for file in ROOT.glob(pattern):
            shutil.copy(file, tree)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(tree)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / "site")
    return folder / "site"


def files_in(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if "__pycache__" not in path.parts and path.name != "secrets.toml"}


def metadata(unpacked: Path) -> Path:
    return unpacked / f"second_source-{rag.__version__}.dist-info"


def test_every_file_of_the_program_is_in_it_and_nothing_else(unpacked: Path) -> None:
    assert files_in(unpacked / "rag") == files_in(ROOT / "rag")
    assert {path.name for path in unpacked.iterdir()} == {"rag", metadata(unpacked).name}


def test_its_metadata(unpacked: Path) -> None:
    described = email.message_from_string((metadata(unpacked) / "METADATA").read_text("utf-8"))
    scripts = ConfigParser()
    scripts.read(metadata(unpacked) / "entry_points.txt")

    assert (described["Name"], described["Version"]) == ("second-source", rag.__version__)
    assert set(described.get_all("Provides-Extra", [])) == {"llm", "ray"}
    required = [line.partition(";")[0].strip() for line in described.get_all("Requires-Dist", [])]
    files = ("requirements.txt", "requirements-model.txt", "requirements-ray.txt")
    assert sorted(required) == sorted(line for file in files for line in pinned(file))
    assert dict(scripts["console_scripts"]) == {"second-source": "rag.__main__:main"}


def pinned(file: str) -> list[str]:
    return [line for line in (ROOT / file).read_text("utf-8").splitlines() if line and not line.startswith("#")]


def environment(unpacked: Path, home: Path) -> dict[str, str]:
    """With the wheel's content on Python's path, and another home than ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SECOND_SOURCE_", "XDG_"))}
    return kept | {"PYTHONPATH": str(unpacked), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


def printed(unpacked: Path, home: Path, program: str) -> list[str]:
    """The lines that a program prints in an installed copy, started in another folder."""
    command = [sys.executable, "-c", program]
    ran = subprocess.run(
        command, cwd=home, env=environment(unpacked, home), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_an_installed_copy_keeps_its_library_in_the_users_data(unpacked: Path, tmp_path: Path) -> None:
    program = "from rag import Settings as S; s = S(); print(s.store, s.models, s.reader, s.samples, sep='\\n')"
    store, models, reader, samples = map(Path, printed(unpacked, tmp_path, program))

    assert store.is_relative_to(tmp_path)
    assert models == store / "models"
    assert reader.is_relative_to(unpacked)
    assert reader.is_file()
    assert samples.is_relative_to(unpacked)


def test_an_installed_copy_finds_its_page_and_how_it_looks(unpacked: Path, tmp_path: Path) -> None:
    program = (
        "import streamlit as st; from rag.ui import serve; st.App(serve.APP); print(serve.APP);"
        "print(st.get_option('browser.gatherUsageStats'), st.get_option('server.headless'))"
    )
    page, told = printed(unpacked, tmp_path, program)

    assert Path(page).is_relative_to(unpacked)
    assert told == "False True"


def test_an_installed_copy_serves_its_page_until_it_is_stopped(unpacked: Path, tmp_path: Path) -> None:
    settings = {"SECOND_SOURCE_MODELS": str(Settings().models), "SECOND_SOURCE_PORT": str(free_port())}
    with subprocess.Popen(
        [sys.executable, "-m", "rag", "run"],
        cwd=tmp_path,
        env=environment(unpacked, tmp_path) | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        try:
            address = next(line.split()[5] for line in process.stdout if line.startswith("Second Source is open at"))
            served = httpx.get(address, trust_env=False)
        finally:
            process.terminate()
        said = process.stderr.read()

    assert served.status_code == 200
    assert "frame-ancestors 'none'" in served.headers["Content-Security-Policy"]
    assert (process.returncode, said) == (143, "Stopped. Everything reported so far is saved.\n")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_the_constraints_hold_what_the_requirements_name() -> None:
    constraints = {line.partition("==")[0].lower().replace("_", "-"): line for line in pinned("constraints.txt")}

    assert all("==" in line and "@" not in line and "/" not in line for line in constraints.values())
    for file in sorted(ROOT.glob("requirements*.txt")):
        for line in pinned(file.name):
            name, _, version = line.partition("==")
            if not line.startswith("-r") and name != "setuptools":
                name = name.partition("[")[0].lower().replace("_", "-")
                assert constraints.get(name, "").partition("==")[2] == version, line
