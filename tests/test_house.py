"""Facts about the repository itself: import order, size, and what must not be written in it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("rules", "scenarios", "simulator", "optimizer", "results", "lianban")
HEAVY = ("numpy", "scipy", "ortools", "matplotlib", "networkx", "simpy", "fontTools", "openpyxl")


def tracked() -> list[Path]:
    """Return the files that git knows or would add; without git, every file of the checkout."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        paths = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*") if "__pycache__" not in path.parts]
    return [path for path in paths if path.is_file()]


def texts() -> dict[Path, str]:
    found = {}
    for path in tracked():
        try:
            found[path] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


@pytest.fixture(scope="module")
def project() -> dict[str, dict]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_imports_point_one_way():
    """Imports run from the door to the rules only, and each heavy library stays in its room."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_door_is_light():
    """Importing lianban, or building the whole parser, imports nothing heavy."""
    code = "import lianban, lianban.cli, sys; lianban.cli._parser(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert "argparse" in roots
    assert roots.isdisjoint(HEAVY)


def test_every_public_name_is_there():
    """What `import lianban as lb` promises can be fetched, and type checkers see the same names."""
    import lianban

    assert set(lianban.__all__) == set(lianban._ROOMS)
    for name in lianban.__all__:
        assert getattr(lianban, name) is not None
    declared = re.search(
        r"if TYPE_CHECKING:\n((?:    from .*\n)+)",
        (ROOT / "lianban" / "__init__.py").read_text(encoding="utf-8"),
    )
    assert declared is not None
    names = re.findall(r"\w+", " ".join(re.findall(r"import (.*)", declared.group(1))))
    assert sorted(names) == sorted(lianban.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = lianban.nothing


def test_packages_are_typed_and_short_of_surface():
    """Each package says what is public and ships its types."""
    for package in PACKAGES:
        assert (ROOT / package / "py.typed").is_file(), package
        source = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
        assert "__all__" in source, package


def test_no_module_is_too_long():
    """A module can be read in a sitting: under 700 lines."""
    long = {
        str(path.relative_to(ROOT)): count
        for path in tracked()
        if path.suffix == ".py"
        and (count := len(path.read_text(encoding="utf-8").splitlines())) >= 700
    }
    assert long == {}


def test_no_package_index_and_no_machine_is_named():
    """Files name no package index and no path of somebody's machine, and no lock file is kept."""
    index = re.compile(r"https?://[a-z0-9.-]*(?:pypi|pythonhosted|npmjs|debian)", re.IGNORECASE)
    machine = re.compile(r"(?<![\w.$}])/(?:work|tmp|root|home|farm)/\w")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path, text in texts().items()
        for pattern in (index, machine)
        for match in [pattern.search(text)]
        if match
    ]
    assert found == []
    locks = {"uv.lock", "poetry.lock", "pylock.toml", "package-lock.json"}
    assert [path.name for path in tracked() if path.name in locks] == []


def test_ignored_checks_say_which():
    """A silenced type or lint check names its rule."""
    bare = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:)")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path, text in texts().items()
        if path.suffix == ".py"
        for number, line in enumerate(text.splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []


def test_dependencies_are_bounded_and_pinned(project: dict[str, dict]):
    """Each dependency has a lower and an upper bound, and the constraints pin a tested version."""
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    pinned = {re.sub(r"[-_.]+", "-", name).lower() for name in pins}
    for line in project["project"]["dependencies"]:
        assert re.fullmatch(r"[\w.-]+>=[\d.]+,<[\d.]+", line), line
    extras = project["project"]["optional-dependencies"]["test"]
    for line in [*project["project"]["dependencies"], *extras]:
        name = re.match(r"[\w.-]+", line)
        assert name is not None
        assert re.sub(r"[-_.]+", "-", name.group()).lower() in pinned, line


def test_ci_does_what_the_readme_says():
    """.ci/run holds the README's command for contributors, word for word."""
    command = 'python -m pip install -c constraints.txt -e ".[test]" && pytest'
    for name in ("README.md", "CONTRIBUTING.md", ".ci/run"):
        assert command in (ROOT / name).read_text(encoding="utf-8"), name


def test_decisions_say_what_they_cost():
    """Each decision record gives context, choice, measurements and cost."""
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert len(records) >= 4
    for record in records:
        text = record.read_text(encoding="utf-8")
        headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
        assert headings == ["Context", "Choice", "What was measured", "What it costs"], record.name
