"""Make ``results/fonts/NotoSansSC-lianban.otf`` from the full Noto Sans CJK.

Usage: ``python benchmarks/make_font.py NotoSansCJK-Regular.ttc OUT.otf``. The collection is
the one of Debian's package ``fonts-noto-cjk`` (1:20220127+repack1-1). The subset keeps the
characters of GB2312, of Big5 level 1, Latin, and the signs that pictures use; it drops
hints, vertical metrics and layout tables, so the width of a text is the sum of its advances.
"""

from __future__ import annotations

import sys
from itertools import product

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

FACE = "Noto Sans CJK SC"
FAMILY = "Noto Sans SC lianban"
SIGNS = (
    "〇•\u00a0饋−–—‘’“”…‰′″※←↑→↓↔⇒∥≈≠≤≥±×÷√∞∑∆■□▲△▶▷▼▽◀◁◆◇○●◎★☆①②③④⑤⑥⑦⑧⑨⑩"
    "⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳✓＋－＝€£¥㎡℃№†‡⁰⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉"
)


def wanted() -> set[int]:
    """Code points to keep."""
    points = set(range(0x20, 0x7F)) | set(range(0xA0, 0x180)) | {ord(sign) for sign in SIGNS}
    for high, low in product(range(0xA1, 0xF8), range(0xA1, 0xFF)):
        points |= {ord(c) for c in bytes((high, low)).decode("gb2312", "ignore")}
    for high, low in product(range(0xA1, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF))):
        if high < 0xC6 or low <= 0x7E:
            points |= {ord(c) for c in bytes((high, low)).decode("big5", "ignore")}
    return points


def face(collection: str) -> TTFont:
    """Return the simplified Chinese face of the collection."""
    for font in TTCollection(collection, lazy=True).fonts:
        if font["name"].getDebugName(4) == FACE:
            return font
    raise SystemExit(f"{collection} holds no face named {FACE}")


def rename(font: TTFont) -> None:
    """Give the subset a family name of its own; copyright and licence lines stay."""
    table = font["name"]
    table.names = [n for n in table.names if n.nameID in (0, 5, 13, 14) and n.platformID == 3]
    for name_id, text in {
        1: FAMILY,
        2: "Regular",
        3: f"{FAMILY}; subset of {FACE}",
        4: FAMILY,
        6: FAMILY.replace(" ", ""),
    }.items():
        table.setName(text, name_id, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = [FAMILY.replace(" ", "")]
    top[0].FullName = top[0].FamilyName = FAMILY


def main(collection: str, out: str) -> None:
    """Write the subset."""
    options = Options(
        layout_features=[],
        hinting=False,
        desubroutinize=False,
        notdef_outline=True,
        name_IDs=["*"],
        name_languages=["*"],
        drop_tables=["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx", "DSIG"],
    )
    font = face(collection)
    font.recalcTimestamp = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted())
    subsetter.subset(font)
    rename(font)
    font.save(out)
    lost = sorted(wanted() - set(font.getBestCmap()))
    print(len(font.getBestCmap()), "characters; not in the source:", "".join(map(chr, lost)))


if __name__ == "__main__":
    main(*sys.argv[1:])
