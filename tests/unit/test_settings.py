"""The settings: defaults that run, what the environment changes, and a wrong value told by its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from rag.errors import UsageError
from rag.settings import PACKAGED_MODEL, ROOT, Settings, read_settings


def test_the_defaults_are_in_the_repository() -> None:
    settings = read_settings()

    assert (settings.store, settings.models) == (ROOT / "store", ROOT / "store" / "models")
    assert settings.embedding_model == PACKAGED_MODEL
    assert (settings.samples / "articles").is_dir()


def test_the_environment_changes_them_and_what_is_given_changes_them_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_SOURCE_STORE", "/elsewhere")
    monkeypatch.setenv("SECOND_SOURCE_MAX_FILE_MB", "0.5")

    assert (read_settings(store=None).store, read_settings().max_file_mb) == (Path("/elsewhere"), 0.5)
    assert read_settings(store=Path("/given")).store == Path("/given")


def test_the_readme_has_every_setting_in_one_table() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)

    assert sorted(name.lower() for name, _ in rows) == sorted(Settings.model_fields)
    for name, told in rows:
        default = Settings.model_fields[name.lower()].default
        if isinstance(default, Path):
            default = default.relative_to(ROOT)
        expected = "none" if default in (None, "") else str(default)
        assert told.strip("`") == (expected.lower() if isinstance(default, bool) else expected), name


def test_they_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1


def test_wrong_values_are_told_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_SOURCE_MAX_FILE_MB", "large")
    monkeypatch.setenv("SECOND_SOURCE_PORT", "http")

    with pytest.raises(UsageError) as raised:
        read_settings()

    assert "The setting SECOND_SOURCE_MAX_FILE_MB is 'large': " in str(raised.value)
    assert "The setting SECOND_SOURCE_PORT is 'http': " in str(raised.value)
