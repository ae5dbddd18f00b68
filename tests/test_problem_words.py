"""Mistakes in planners' files are told in the reader's language, with the planner's own words."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest
import small_city
from translations import problem_templates

from lianban.cli import main
from lianban.problem_words import in_chinese, templates
from rules.problems import Said, did_you_mean


def filled(template: str) -> str:
    """Return a message as a reader would say it, its holes filled with keys."""
    parts = template.split("{}")
    words = [f"K{number:02d}" for number in range(len(parts) - 1)]
    return "".join(a + b for a, b in zip(parts, [*words, ""], strict=True))


def test_nearly_every_message_of_readers_is_translated():
    """Of some 300 messages at least nine in ten have a Chinese text; the others are listed."""
    needed = problem_templates()
    missing = {
        text: place for text, place in needed.items() if in_chinese(filled(text)) == filled(text)
    }
    told = "\n".join(f"{place}: {text}" for text, place in sorted(missing.items()))
    assert len(needed) > 250
    assert len(missing) <= len(needed) / 10, f"add to problems.txt:\n{told}"


@pytest.mark.parametrize("template", templates(), ids=lambda each: each.english[:40])
def test_translations_keep_what_is_filled_in_and_fit_gbk(template):
    """Each hole of the English message is filled once in the Chinese, encodable in GBK."""
    holes = template.english.count("{}")
    words = [f"K{number:02d}" for number in range(holes)]
    chinese = template.chinese.format(*words)
    assert all(chinese.count(word) == 1 for word in words)
    template.chinese.encode("gbk")
    template.english.encode("gbk")


def test_words_of_the_planner_are_not_translated():
    """Names, keys and texts of the file stay as they were typed, even where they look like ours."""
    message = "stage: 'is empty' is not a stage of the scenario"
    told = in_chinese(message + did_you_mean("is empty", ["is-empty"]))
    assert told == "stage：“is empty”不是本方案的阶段（是否想写“is-empty”？）"


def test_what_the_system_says_is_translated(capsys: pytest.CaptureFixture[str]):
    """A folder that is not there is told in Chinese, with its name."""
    assert main(["diagram", "jiaxing", "-o", "nowhere/x.svg", "--lang", "zh"]) == 2
    assert "nowhere/x.svg: 没有这个文件或文件夹" in capsys.readouterr().err


def test_a_message_that_is_not_known_stays_english():
    """Nothing is lost where a translation lacks."""
    assert in_chinese("a brand-new complaint about x") == "a brand-new complaint about x"


def test_messages_with_their_chinese_survive_another_process():
    """A refusal raised in a worker still speaks both languages."""
    said = pickle.loads(pickle.dumps(Said("refused: law", "被拒绝：法律")))
    assert (said, said.zh) == ("refused: law", "被拒绝：法律")


def test_the_command_tells_mistakes_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """File, line and found text are the same in both languages; the words are not."""
    folder = small_city.build(tmp_path / "city")
    items = (folder / "items.csv").read_text(encoding="utf-8")
    (folder / "items.csv").write_text(items.replace("all,8,", "all,-8,"), encoding="utf-8")
    told = {}
    for language in ("en", "zh"):
        assert main(["check", str(folder), "--lang", language]) == 2
        told[language] = capsys.readouterr().err.strip().splitlines()
    (english,), (chinese,) = told["en"], told["zh"]
    assert english.split(": ")[0] == chinese.split(": ")[0]
    assert "'-8' is not a whole number" in english
    assert "“-8”不是整数" in chinese


def test_a_refused_lever_says_why_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The law's answer to a redesign, its article and what to do instead are in Chinese."""
    folder = tmp_path / "city"
    assert main(["new", str(folder), "--from", "jiaxing"]) == 0
    redesign = folder / "redesigns" / "parallel.toml"
    text = redesign.read_text(encoding="utf-8")
    redesign.write_text(text + '\n[[lever]]\nkind = "cancel"\nsteps = ["S01"]\n', encoding="utf-8")
    capsys.readouterr()
    assert main(["run", f"{folder}/parallel", "--lang", "zh"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "被拒绝：" in line
    assert "refused" not in line
    assert re.match(r".*parallel\.toml:\d+: ", line)
