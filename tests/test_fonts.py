"""The shipped font: what it holds, how wide text is, how it is embedded."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from results.font import FAMILY, fit, font_path, missing, shorten, subset_woff, text_width, wrap

SHARED = Path(__file__).resolve().parents[2] / "shared"


def test_the_font_is_small_and_comes_with_its_licence():
    """The font file is at most 2.2 MB and the Open Font License lies beside it."""
    assert font_path().stat().st_size <= 2_200_000
    licence = (font_path().parent / "OFL.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Copyright © 2014-2021 Adobe" in licence
    assert "DISCLAIMER" in licence


def test_the_font_keeps_its_copyright_and_no_layout():
    """Copyright and licence stand in the font; no kerning or hints change a width."""
    with TTFont(font_path()) as font:
        assert "Adobe" in font["name"].getDebugName(0)
        assert "SIL Open Font License" in font["name"].getDebugName(13)
        assert font["name"].getDebugName(1) == FAMILY
        assert font["OS/2"].fsType == 0
        assert not {"GPOS", "GSUB", "kern", "fpgm", "prep"} & set(font.keys())


def test_every_character_of_gb2312_is_there():
    """All 6,763 characters and all signs of GB2312 can be drawn."""
    han = [
        bytes((high, low)).decode("gb2312", "ignore")
        for high in range(0xA1, 0xF8)
        for low in range(0xA1, 0xFF)
    ]
    text = "".join(han)
    assert sum("\u4e00" <= c <= "\u9fff" for c in text) == 6763
    assert missing(text) == ""


def test_signs_and_traditional_characters_are_there():
    """The signs of our pictures and the traditional characters of common texts can be drawn."""
    assert missing("▲●→≤≥·…〇•\u00a0＋－≠＝∥－①⑳專案視窗線上審批踏勘饋") == ""
    assert missing("".join(map(chr, range(0x20, 0x7F)))) == ""


@pytest.mark.skipif(not SHARED.exists(), reason="the shared texts are not here")
def test_the_source_texts_can_be_drawn():
    """Every Chinese character of the collected texts, and every character of the step tables."""
    seeds = (SHARED / "seeds.md").read_text("utf-8")
    assert missing("".join(c for c in seeds if ord(c) >= 0x2E80)) == ""
    for table in sorted((SHARED / "data").glob("*.csv")):
        assert missing(table.read_text("utf-8-sig")) == "", table.name


def test_missing_characters_are_named_once():
    """What the font lacks is listed in order, each character once."""
    assert missing("好😀ok😀𠮷") == "😀𠮷"


def test_a_text_is_as_wide_as_its_advances():
    """Widths come from the font: Chinese is one size wide, and widths add up."""
    assert text_width("联合踏勘", 13) == pytest.approx(4 * 13)
    assert text_width("ab", 10) == pytest.approx(text_width("a", 10) + text_width("b", 10))
    assert text_width("iii", 10) < text_width("MMM", 10) / 2


@pytest.mark.parametrize("width", [24, 40, 77, 120, 300])
@pytest.mark.parametrize(
    "text",
    [
        "联合受理与联合踏勘(备案·规划条件·用地预审)",
        "Joint acceptance, completion filing, title registration",
        "环评 EIA（报告书）, 20日 antidisestablishmentarianism！",
        "",
    ],
)
def test_wrapped_lines_fit_and_lose_nothing(text, width):
    """Lines are no wider than asked, and together hold every character but line-end spaces."""
    lines = wrap(text, width, 11)
    assert all(text_width(line, 11) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_no_line_starts_with_a_closing_mark():
    """A comma or closing bracket never starts a line where the line has room to hold it."""
    for width in range(30, 200, 7):
        for line in wrap("受理，审查（含评审）、决定。发证；归档", width, 10):
            assert line[0] not in "，）、。；"
            assert line[-1] != "（"


def test_cut_text_says_so():
    """What does not fit ends in an ellipsis, within the width."""
    assert shorten("施工许可证", 60, 10) == "施工许可证"
    assert shorten("施工许可证", 35, 10) == "施工…"
    assert wrap("施工许可证核发与变更", 40, 10, 2) == ("施工许可", "证核发…")
    assert fit(("施工", "works"), 22, 10) == "施工"


def test_embedded_glyphs_are_few_and_always_the_same():
    """A picture embeds only its own characters, in any order the same bytes."""
    woff = subset_woff("联合踏勘ab")
    assert woff == subset_woff(["ba", "勘踏", "合联"])
    assert woff[:4] == b"wOFF"
    assert len(woff) < 5_000
    with TTFont(io.BytesIO(woff)) as font:
        assert set(map(chr, font.getBestCmap())) == set("联合踏勘ab")
        metrics = font["hmtx"].metrics[font.getBestCmap()[ord("联")]]
        assert metrics[0] / font["head"].unitsPerEm == text_width("联", 1)
