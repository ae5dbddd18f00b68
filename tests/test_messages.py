"""The command line speaks Chinese completely, and in characters that consoles there can show."""

from __future__ import annotations

import gettext
import io

import pytest
from translations import (
    MO,
    PO,
    argparse_messages,
    compiled,
    messages_of,
    our_messages,
    placeholders,
    read_po,
)

from lianban.messages import language_of, speaking


@pytest.fixture(scope="module")
def chinese() -> dict[str, str]:
    return read_po(PO.read_text(encoding="utf-8"))


def test_every_message_is_translated(chinese: dict[str, str]):
    """Each message of ours, and each that argparse may say to a user, has a Chinese text."""
    needed = our_messages() | argparse_messages()
    assert len(needed) > 80
    assert {message for message in needed if not chinese.get(message)} == set()


def test_a_missing_translation_would_be_seen():
    """The extraction finds plain and plural messages, and nothing that is not literal."""
    source = "_('one'); ngettext('%d day', '%d days', n); _(name); other('two')"
    assert messages_of(source) == {"one", "%d day\0%d days"}


def test_translations_keep_the_placeholders(chinese: dict[str, str]):
    """What is filled into a message is filled into its translation."""
    for message, translation in chinese.items():
        if message:
            single = message.split("\0")[0]
            assert placeholders(translation) == placeholders(single), message


def test_translations_can_be_shown_on_a_gbk_console(chinese: dict[str, str]):
    """Messages in both languages can be encoded in GBK."""
    for message, translation in chinese.items():
        (message + translation).encode("gbk")


def test_the_compiled_catalogue_is_current(chinese: dict[str, str]):
    """The .mo is the .po, compiled, and gettext reads it back."""
    assert MO.read_bytes() == compiled(chinese)
    catalogue = gettext.GNUTranslations(io.BytesIO(MO.read_bytes()))
    for message, translation in chinese.items():
        if message and "\0" not in message:
            assert catalogue.gettext(message) == translation


def test_plurals_are_translated():
    """Chinese has one form for one warning and for many."""
    with speaking("zh"):
        one, many = (gettext.ngettext("%d warning", "%d warnings", n) % n for n in (1, 4))
    assert (one, many) == ("共 1 个警告", "共 4 个警告")


def test_the_language_is_given_back():
    """A program that uses lianban as a library keeps its own language."""
    domain = gettext.textdomain()
    with speaking("zh"):
        assert gettext.gettext("options") == "选项"
    assert gettext.textdomain() == domain
    assert gettext.gettext("options") == "options"


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        (["--lang=zh"], {}, "zh"),
        (["--lang", "en"], {"LIANBAN_LANG": "zh"}, "en"),
        ([], {"LIANBAN_LANG": "zh", "LC_ALL": "en_GB.UTF-8"}, "zh"),
        ([], {"LC_ALL": "C", "LANG": "zh_CN.GBK"}, "en"),
        ([], {"LC_MESSAGES": "zh_TW.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        (["new", "--", "--lang=zh"], {}, "en"),
        ([], {}, "en"),
    ],
)
def test_language_order(arguments: list[str], environment: dict[str, str], language: str):
    """--lang, then LIANBAN_LANG, then the system's language, then English."""
    assert language_of(arguments, environment) == language
