"""Makes one fixture after the other; one that fails its checks does not keep the others from being made.

Shared by the scripts of this folder that write fixtures.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

import nemotron_hf

SIZE_LIMIT = 2_500_000


class CheckFailed(Exception):
    """A self-check that the fixture did not pass."""


def require(condition: bool, message: str) -> None:
    if not condition:
        raise CheckFailed(message)


def make_each(fixtures: Iterable, make: Callable, out: Path) -> None:
    """Calls `make(number, fixture)` for each numbered fixture; ends the program where one failed or the folder grew too large."""
    failed = []
    for number, fixture in fixtures:
        try:
            make(number, fixture)
        except CheckFailed as error:
            print(f"error: {fixture.name}: {error}", file=sys.stderr, flush=True)
            failed.append(fixture.name)
        except Exception:  # noqa: BLE001 - the other fixtures are still worth having
            traceback.print_exc()
            print(f"error: {fixture.name}: not written", file=sys.stderr, flush=True)
            failed.append(fixture.name)
    size = nemotron_hf.directory_bytes(out)
    print(f"{size} bytes in {out}")
    if size > SIZE_LIMIT:
        sys.exit(f"error: {out} has {size} bytes, more than {SIZE_LIMIT}")
    if failed:
        sys.exit(f"error: not written: {', '.join(failed)}")
