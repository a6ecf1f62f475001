"""`make audit`: known holes in the installed packages, as pip-audit finds them; says plainly where it could not ask.

Exit codes: 0 none is known, 1 some are, 2 the service that knows them could not be reached.
"""

from __future__ import annotations

import json
import subprocess
import sys

UNREACHABLE = "The service that knows of holes could not be reached, so nothing is known of the packages: {}"
PARTLY = "{} of {} packages are unknown to the service, and were not looked at: {}"


def judge(out: str, err: str) -> tuple[int, str]:
    """The exit code, and what is said, for what pip-audit wrote as JSON and beside it."""
    try:
        found = json.loads(out)["dependencies"]
    except (ValueError, KeyError):
        return 2, UNREACHABLE.format(" ".join(err.split()[-40:]) or "it said nothing")
    skipped = [each for each in found if "skip_reason" in each]
    if len(skipped) == len(found):
        return 2, UNREACHABLE.format(skipped[0]["skip_reason"] if skipped else "no package was found")
    holes = [
        f"{each['name']} {each['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version'}"
        for each in found
        for hole in each.get("vulns", ())
    ]
    told = holes or [f"No hole is known in {len(found) - len(skipped)} packages."]
    if skipped:
        told.append(PARTLY.format(len(skipped), len(found), ", ".join(each["name"] for each in skipped)))
    return int(bool(holes)), "\n".join(told)


def main() -> None:
    """Ask, say, and exit."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    code, told = judge(ran.stdout, ran.stderr)
    print(told)
    sys.exit(code)


if __name__ == "__main__":
    main()
