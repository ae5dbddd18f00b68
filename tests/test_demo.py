"""``lianban demo NAME`` tells each shipped system's story."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lianban.cli import main
from lianban.commands.demo import STORIES
from scenarios import load, shipped
from scenarios.library import shipped_folder


def test_every_shipped_system_has_a_story():
    """Each shipped scenario is told by two of its designs, and they read."""
    assert set(STORIES) == set(shipped())
    for name, designs in STORIES.items():
        keys = [load(shipped_folder() / name / each).key for each in designs]
        assert len(set(keys)) == 2
        assert all(key.startswith(name) for key in keys)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("anshan-pharmacy", "one-matter"),
        ("network", "mean working days by type of case"),
        ("nanjing-government", "unknown"),
    ],
)
def test_the_story_is_told_with_what_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    name: str, told: str,
):  # fmt: skip
    """Before and after, pictures, what the source gives, and where to go on; 80 columns."""
    monkeypatch.chdir(tmp_path)
    assert main(["demo", name, "--replications", "2", "--out", "out"]) == 0
    said = capsys.readouterr().out
    assert told in said
    assert f"lianban new my-city --from {name}" in said
    assert "ssumption" in said or "reconstruction" in said
    assert max(len(line) for line in said.splitlines()) <= 82
    document = json.loads((tmp_path / "out" / "comparison.json").read_text("utf-8"))
    assert len(document["scenarios"]) == 2
    assert (tmp_path / "out" / "flow-today.svg").is_file()


def test_an_unknown_system_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]):
    """Exit 2 and the nearest name; nothing is written."""
    assert main(["demo", "jinyum"]) == 2
    assert "did you mean 'jinyun'?" in capsys.readouterr().err
    assert not Path("lianban-demo").exists()
