"""XML from other tools, read safely: no document types, no entities, bounded, with line numbers.

The standard library's parser (expat) is told to stop at the first declaration of a
document type, before anything in it is looked at; so no entity can multiply and no
other file can be opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from rules.problems import InputError

MOST_BYTES = 32 * 1024 * 1024
"""A larger file is no process model."""
MOST_DEPTH = 200
"""Elements inside each other; drawn models have some ten."""
MOST_ELEMENTS = 200_000

_SEPARATOR = "\n"
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_CHINESE = {"gb2312", "gbk", "gb18030", "gb_2312-80", "cp936"}


@dataclass(slots=True)
class Element:
    """An element; grows while it is read and is left alone after.

    Attributes
    ----------
    space, name : str
        Namespace and local name.
    line : int
        Line on which its start tag begins.
    attributes : dict of str to str
        By local name, those with a namespace by ``namespace name``.
    children : list of Element
        In order.
    text : str
        All character data directly inside it.
    """

    space: str
    name: str
    line: int
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def get(self, attribute: str, default: str = "") -> str:
        """Return an attribute without surrounding blanks."""
        return self.attributes.get(attribute, default).strip()

    def all(self, name: str) -> list[Element]:
        """Return the children with this local name, whatever their namespace."""
        return [child for child in self.children if child.name == name]

    def every(self) -> Iterator[Element]:
        """Yield the element and everything inside it, in document order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


def read_xml(data: bytes, file: str) -> Element:
    r"""Return the root element of an XML document.

    Parameters
    ----------
    data : bytes
        The document, in UTF-8, UTF-16, or one of China's encodings where it says so.
    file : str
        How messages call it.

    Raises
    ------
    InputError
        One problem with its line: a document type or entity, broken XML, or too much.

    Examples
    --------
    >>> root = read_xml(b"<flow>\n<step id='a'/>\n</flow>", "flow.xml")
    >>> root.name, root.children[0].get("id"), root.children[0].line
    ('flow', 'a', 2)
    >>> read_xml(b"<!DOCTYPE flow SYSTEM 'x'><flow/>", "flow.xml")
    Traceback (most recent call last):
    ...
    rules.problems.InputError: flow.xml:1: declares a DOCTYPE (DTD): files with one are not read
    """
    if len(data) > MOST_BYTES:
        raise InputError.at(file, 0, f"is larger than {MOST_BYTES // 2**20} MB")
    if not data.strip():
        raise InputError.at(file, 0, "is empty: an XML document was expected")
    return _Reader(file).read(_as_unicode(data, file))


def _as_unicode(data: bytes, file: str) -> bytes:
    """Return the document in an encoding that expat knows."""
    declared = _DECLARED.match(data)
    if declared is None or declared[1].decode("ascii").lower() not in _CHINESE:
        return data
    try:
        return data.decode("gb18030").encode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError.at(file, line, "is not in the encoding it declares") from None


class _Reader:
    """Builds the tree from expat's events; used once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.open: list[Element] = []
        self.texts: list[list[str]] = []
        self.root: Element | None = None
        self.count = 0

    def read(self, data: bytes) -> Element:
        declared = _DECLARED.match(data)
        chinese = declared is not None and declared[1].decode("ascii").lower() in _CHINESE
        self.parser = expat.ParserCreate("utf-8" if chinese else None, _SEPARATOR)
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        try:
            self.parser.Parse(data, True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            line = getattr(error, "lineno", 0)
            what = expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else error
            raise InputError.at(self.file, line, f"is not well-formed XML: {what}") from None
        if self.root is None:
            self._refuse("holds no element")
        return self.root

    def _refuse(self, message: str) -> NoReturn:
        raise InputError.at(self.file, self.parser.CurrentLineNumber, message)

    def _doctype(self, *_unused: object) -> None:
        self._refuse("declares a DOCTYPE (DTD): files with one are not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MOST_ELEMENTS:
            self._refuse(f"has more than {MOST_ELEMENTS} elements")
        if len(self.open) >= MOST_DEPTH:
            self._refuse(f"nests elements deeper than {MOST_DEPTH}")
        space, _, local = name.rpartition(_SEPARATOR)
        named = {key.replace(_SEPARATOR, " "): value for key, value in attributes.items()}
        element = Element(space, local, self.parser.CurrentLineNumber, named)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        self.texts.append([])

    def _end(self, _name: str) -> None:
        self.open.pop().text = "".join(self.texts.pop())

    def _characters(self, text: str) -> None:
        self.texts[-1].append(text)
