"""What this installation looks like: versions, import locations, font, console, folder."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import tempfile
from dataclasses import dataclass
from gettext import gettext as _
from importlib import metadata
from pathlib import Path

PACKAGES = ("lianban", "results", "optimizer", "simulator", "scenarios", "rules")
"""The six import packages, the door first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes
    ----------
    key : str
        What was looked at, the same in every language.
    found : str
        What was found.
    advice : str
        What to do about it; empty when all is well.
    """

    key: str
    found: str
    advice: str = ""


def examine(console_encoding: str, folder: Path) -> tuple[Finding, ...]:
    """Look at the installation without importing anything heavy.

    Parameters
    ----------
    console_encoding : str
        Encoding of the stream that answers go to.
    folder : Path
        Folder that commands would write to.
    """
    home = Path(__file__).resolve().parents[1]
    return (
        Finding("python", f"{platform.python_version()} ({platform.system()})"),
        _version("lianban"),
        *(_version(name) for name in _dependencies()),
        *(_origin(name, home) for name in PACKAGES),
        _font(home),
        _encoding(console_encoding),
        _writable(folder),
    )


def _dependencies() -> tuple[str, ...]:
    """Return the names of the run-time dependencies that the installation declares."""
    try:
        declared = metadata.requires("lianban") or []
    except metadata.PackageNotFoundError:
        return ()
    names = (re.match(r"[\w.\-]+", line) for line in declared if "extra ==" not in line)
    return tuple(sorted(name.group() for name in names if name))


def _version(name: str) -> Finding:
    try:
        return Finding(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, _("not installed"), _("install lianban again with pip"))


def _origin(name: str, home: Path) -> Finding:
    """Say where a package would be imported from; names like ``rules`` are common."""
    spec = importlib.util.find_spec(name)
    key = f"import {name}"
    if spec is None or spec.origin is None:
        return Finding(key, _("not found"), _("install lianban again with pip"))
    folder = Path(spec.origin).resolve().parent
    if folder.parent == home:
        return Finding(key, str(folder))
    advice = _("another package of this name hides ours; use an environment of its own")
    return Finding(key, str(folder), advice)


def _font(home: Path) -> Finding:
    fonts = sorted((home / "results" / "fonts").glob("*.[ot]tf"))
    if fonts:
        return Finding("font", fonts[0].name)
    return Finding("font", _("not found"), _("Chinese in pictures will be boxes; install again"))


def _encoding(encoding: str) -> Finding:
    try:
        "联办 109 ±".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return Finding("console", encoding, _("it cannot show Chinese; set PYTHONUTF8=1"))
    return Finding("console", encoding)


def _writable(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or os.strerror(error.errno or 0)
        return Finding("folder", reason, _("go to a folder that you may write to"))
    return Finding("folder", str(folder))
