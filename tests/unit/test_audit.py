"""What `make audit` says of what pip-audit found, or could not find out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.audit import judge

FINE: dict[str, Any] = {"name": "fine", "version": "1.0", "vulns": []}
HOLED: dict[str, Any] = {
    "name": "holed",
    "version": "2.0",
    "vulns": [{"id": "CVE-2031-1", "fix_versions": ["2.1", "3.0"]}, {"id": "CVE-2031-2", "fix_versions": []}],
}
UNKNOWN = {"name": "own", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("found", "code", "told"),
    [
        ([FINE, FINE], 0, "No hole is known in 2 packages."),
        ([FINE, HOLED], 1, "holed 2.0: CVE-2031-1, mended in 2.1, 3.0\nholed 2.0: CVE-2031-2, mended in no version"),
        ([FINE, UNKNOWN], 0, "No hole is known in 1 packages.\n1 of 2 packages are unknown to the service"),
        ([UNKNOWN, UNKNOWN], 2, "could not be reached, so nothing is known of the packages: Dependency not found"),
        ([], 2, "could not be reached"),
    ],
)
def test_what_was_found_is_told(found: list[Any], code: int, told: str) -> None:
    judged = judge(json.dumps({"dependencies": found, "fixes": []}), "")

    assert (int(judged[0]), told in judged[1]) == (code, True), judged


def test_a_service_that_cannot_be_reached_is_told() -> None:
    assert judge("", "ERROR: connection refused") == (
        2,
        "The service that knows of holes could not be reached, so nothing is known of the packages: "
        "ERROR: connection refused",
    )
