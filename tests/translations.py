"""The message catalogue: what needs translating, and how the ``.mo`` is made from the ``.po``.

``python tests/translations.py`` adds missing messages to the ``.po``, with an
empty translation to fill in, and writes the ``.mo`` anew.
"""

from __future__ import annotations

import argparse
import ast
import re
import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PO = ROOT / "lianban" / "locale" / "zh" / "LC_MESSAGES" / "lianban.po"
MO = PO.with_suffix(".mo")

ARGPARSE_FAULTS = {
    # Said to whoever builds a parser wrongly, never to a user.
    ".__call__() not defined",
    "%r is not callable",
    "'required' is an invalid argument for positionals",
    "cannot have multiple subparser arguments",
    "cannot merge actions - two groups are named %r",
    "conflicting option string: %s\0conflicting option strings: %s",
    "conflicting subparser alias: %s",
    "conflicting subparser: %s",
    "dest= is required for options like %r",
    "invalid conflict_resolution value: %r",
    "invalid option string %(option)r: must start with a character %(prefix_chars)r",
    "mutually exclusive arguments must be optional",
    'argument "-" with mode %r',
    "subcommands",
}


def messages_of(source: str) -> set[str]:
    """Return the literal messages that a module passes to ``_`` and ``ngettext``.

    A message with a plural is the singular, a zero byte and the plural, as in a ``.mo``.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            count = {"_": 1, "ngettext": 2}.get(node.func.id, 0)
            literals = [
                argument.value
                for argument in node.args[:count]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
            if count and len(literals) == count:
                found.add("\0".join(literals))
    return found


def our_messages() -> set[str]:
    """Return every message of the command line."""
    sources = sorted((ROOT / "lianban").rglob("*.py"))
    return set().union(*(messages_of(path.read_text(encoding="utf-8")) for path in sources))


PROBLEM_CALLS = {
    "wrong", "Problem", "at", "fail", "problem", "expect", "unexpected", "_refuse", "_wrong",
}  # fmt: skip
"""Functions that note a problem of a planner's file."""


def problem_templates() -> dict[str, str]:
    """Return the messages that readers note, with ``{}`` for what is filled in, and where."""
    found: dict[str, str] = {}
    for package in ("rules", "scenarios", "simulator", "optimizer", "results"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                texts = map(_template, node.args) if name in PROBLEM_CALLS else ()
                for text in texts:
                    if text and " " in text and re.search("[a-z]{3}", text):
                        found.setdefault(text, f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def _template(node: ast.expr) -> str:
    """Return a literal text or an f-string as a template, and nothing for other values."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_template(side) or "{}" for side in (node.left, node.right)]
        return "" if parts == ["{}", "{}"] else "".join(parts)
    return ""


def argparse_messages() -> set[str]:
    """Return what this Python's argparse may say to a user."""
    return messages_of(Path(argparse.__file__).read_text(encoding="utf-8")) - ARGPARSE_FAULTS


def read_po(text: str) -> dict[str, str]:
    """Return the translations of a ``.po``; Chinese has one plural form, ``msgstr[0]``."""
    entries: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", text):
        parts: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                key, _, line = line.partition(" ")  # noqa: PLW2901 - the rest of the line
            parts[key] = parts.get(key, "") + ast.literal_eval(line)
        if "msgid_plural" in parts:
            entries[f"{parts['msgid']}\0{parts['msgid_plural']}"] = parts["msgstr[0]"]
        elif parts:
            entries[parts["msgid"]] = parts["msgstr"]
    return entries


def compiled(entries: dict[str, str]) -> bytes:
    """Return the ``.mo`` of translations: GNU's binary format, keys in byte order."""
    pairs = sorted((key.encode(), value.encode()) for key, value in entries.items() if value)
    keys = b"".join(key + b"\0" for key, _ in pairs)
    values = b"".join(value + b"\0" for _, value in pairs)
    head = 28
    at_keys = head + 16 * len(pairs)
    at_values = at_keys + len(keys)
    tables: tuple[list[int], list[int]] = ([], [])
    for key, value in pairs:
        tables[0].extend((len(key), at_keys))
        tables[1].extend((len(value), at_values))
        at_keys += len(key) + 1
        at_values += len(value) + 1
    numbers = (0x950412DE, 0, len(pairs), head, head + 8 * len(pairs), 0, 0)
    table = struct.pack(f"<{4 * len(pairs)}I", *tables[0], *tables[1])
    return struct.pack("<7I", *numbers) + table + keys + values


def placeholders(text: str) -> list[str]:
    """Return the ``%`` placeholders of a message, sorted."""
    return sorted(re.findall(r"%(?:\(\w+\))?[-.\d]*[a-zA-Z%]", text))


def main() -> None:
    """Bring the ``.po`` up to date and compile it."""
    text = PO.read_text(encoding="utf-8")
    known = read_po(text)
    for message in sorted((our_messages() | argparse_messages()) - set(known)):
        single, _, plural = (
            message.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").partition("\0")
        )
        form = f'msgid_plural "{plural}"\nmsgstr[0] ""' if plural else 'msgstr ""'
        text = text.rstrip("\n") + f'\n\nmsgid "{single}"\n{form}\n'
    PO.write_text(text, encoding="utf-8")
    MO.write_bytes(compiled(read_po(text)))


if __name__ == "__main__":
    main()
