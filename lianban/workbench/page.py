"""The frame of every screen: its head, designs and switches at the left, facts below."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lianban.messages import LANGUAGES
from lianban.workbench.markup import Html, folded, join, tag
from lianban.workbench.scene import Scene, Switch
from lianban.workbench.speech import Say, speech
from lianban.workbench.state import State
from lianban.workbench.workspace import Workspace
from results.lexicon import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence


def screens(_: Say) -> dict[str, str]:
    """Return the address and the name of every screen."""
    return {
        "/": _("Compare"),
        "/flow": _("Flow"),
        "/gantt": _("Gantt"),
        "/distribution": _("Distribution"),
        "/queues": _("Queues and staff"),
        "/promises": _("Promises"),
        "/replay": _("One case"),
        "/optimize": _("Optimize"),
        "/catalogue": _("Catalogue"),
        "/files": _("Files"),
    }


def document(part: Html, title: str, language: str, version: str) -> Html:
    """Return a whole page around its part; ``version`` keeps old scripts out of new pages."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} - lianban"),
        tag("link", rel="icon", href="data:,"),
        tag("link", rel="stylesheet", href=f"/static/workbench.css?{version}"),
        tag("script", type="module", src=f"/static/workbench.js?{version}"),
    )
    body = tag("body", tag("div", part, id="page"))
    return Html(f"<!DOCTYPE html>\n{tag('html', head, body, lang=language)}\n")


def framed(
    scene: Scene, workspace: Workspace, screen: str, content: Sequence[Html], wide: bool = False
) -> Html:
    """Return the part of a page that a script may swap: everything but the document itself."""
    _ = scene.say
    left = [] if wide else [_designs(scene, workspace, screen), _switchboard(scene, screen)]
    return tag(
        "div",
        tag("a", _("to the content"), href="#main", class_="skip"),
        _header(scene.state, screen),
        tag(
            "div",
            tag("aside", left, aria_label=_("designs and levers")) if left else None,
            tag("main", banner(scene), content, id="main", tabindex="-1"),
            class_="wide" if wide else "desk",
        ),
        footer(scene),
        class_="part",
        lang=scene.language,
        data_title=f"{screens(_)[screen]} - lianban",
    )


def plain(state: State, screen: str, content: Sequence[Html]) -> Html:
    """Return the part of a page that shows no designs, for instance a list of problems."""
    _ = speech(state.language)
    name = screens(_).get(screen, "lianban")
    return tag(
        "div",
        _header(state, screen),
        tag("div", tag("main", content, id="main", tabindex="-1"), class_="wide"),
        class_="part",
        lang=state.language,
        data_title=f"{name} - lianban",
    )


def problems(state: State, screen: str, told: Sequence[str], workspace: Workspace) -> Html:
    """Return a page that says what is wrong, with ways to every other scenario."""
    _ = speech(state.language)
    others = [
        tag("li", tag("a", each.key + (_(" (shipped)") if each.shipped else ""),
                      href=f"/?{urlencode({'a': each.key, 'lang': state.language})}"))
        for each in workspace.places()
    ]  # fmt: skip
    return plain(
        state,
        screen,
        [
            tag("h1", _("This cannot be shown")),
            tag("ul", [tag("li", each) for each in told], class_="warn"),
            tag("p", tag("a", _("to the start"), href=f"/?lang={state.language}")),
            tag("h2", _("Other scenarios")),
            tag("ul", others),
        ],
    )


def switched(label: str, state: State, screen: str, **changed: object) -> Html:
    """Return a link to a page with a changed state; scripts swap only what it changes."""
    return tag("a", label, href=f"{screen}?{state.query(**changed)}", data_go=True)


def long_work(scene: Scene, work: str, waiting: str, **more: object) -> Html:
    """Return an empty place that a script fills with what long work gives."""
    import json

    _ = scene.say
    return tag(
        "div",
        tag(
            "p",
            tag("span", waiting, class_="turning"),
            tag("button", _("stop"), type="button", data_stop=True),
            class_="waiting",
            hidden=True,
        ),
        tag("noscript", tag("p", _("this needs scripts"))),
        class_="job",
        aria_live="polite",
        data_work=work,
        data_more=json.dumps(more, sort_keys=True),
        data_query=scene.state.query(step=""),
        data_failed=_("this did not work:"),
        data_stopped=_("stopped"),
        data_again=_("start again"),
        data_full=_("too much waits already; try again in a moment"),
    )


def zoomed(scene: Scene, label: str, picture: Html, classes: str = "") -> Html:
    """Return a picture as wide as its place, but never too small to read: then it scrolls.

    A script makes it larger or smaller; without scripts it stays as it comes.
    """
    _ = scene.say
    buttons = [
        tag("button", sign, type="button", data_zoom=how,
            aria_label=told if len(sign) == 1 else None, title=told,
            data_key=f"zoom-{how}")
        for sign, how, told in (
            ("−", "out", _("smaller")),
            ("+", "in", _("larger")),
            (_("readable"), "fit", _("as wide as the page, words at least 9 px")),
            (_("whole"), "whole", _("the whole width, however small")),
        )
    ]  # fmt: skip
    return tag(
        "div",
        tag("div", buttons, tag("output", ""), class_="zoom", role="group",
            aria_label=_("size of the picture"), hidden=True),
        tag("div", picture, class_=f"drawing {classes}".strip(), tabindex="0", role="region",
            aria_label=label or None),
        class_="picture",
        data_picture=True,
    )  # fmt: skip


def banner(scene: Scene) -> Html | None:
    """Say what the data are, unless all are given by the source."""
    origins = [
        WORDS[f"provenance.{each}"].in_language(scene.language)
        for each in dict.fromkeys((scene.first.provenance, scene.last.provenance))
        if each != "given" and f"provenance.{each}" in WORDS
    ]
    if not origins:
        return None
    _ = scene.say
    return tag("p", tag("b", _("Data:")), " ", "; ".join(origins), class_="banner")


def footer(scene: Scene) -> Html:
    """Say which clock, which luck, which data and which version."""
    _ = scene.say
    first = scene.first
    facts = [
        _("Paper: critical path in working days, no queues, no luck."),
        _(
            "Simulated: elapsed working days, the applicant's clock; seed %(seed)d, "
            "%(n)d x %(k)d cases."
        )
        % {"seed": first.seed, "n": first.replications, "k": first.cases.number},
        _("First day %s.") % first.first_day.isoformat(),
        f"lianban {metadata.version('lianban')}",
    ]
    return tag("footer", [tag("span", each) for each in facts])


def _header(state: State, screen: str) -> Html:
    _ = speech(state.language)
    query = state.query(step="", case=1, view="overlay", file="")
    links = [
        tag(
            "a",
            name,
            href=f"{path}?{query}",
            data_go=True,
            aria_current="page" if path == screen else None,
        )
        for path, name in screens(_).items()
    ]
    names = {"en": "English", "zh": "中文"}
    languages = [
        tag(
            "a",
            names[each],
            href=f"{screen}?{state.query(language=each)}",
            lang=each,
            hreflang=each,
            data_go=True,
            data_key=f"language-{each}",
            aria_current="true" if each == state.language else None,
        )
        for each in LANGUAGES
    ]
    return tag(
        "header",
        tag("a", tag("b", "联办", lang="zh"), " lianban", href=f"/?{query}", class_="brand"),
        tag("nav", links, aria_label=_("screens")),
        tag("div", languages, class_="languages", role="group", aria_label="language / 语言"),
    )


def _designs(scene: Scene, workspace: Workspace, screen: str) -> Html:
    """Return the choice of the two designs; it works without scripts."""
    _ = scene.say
    state = scene.state

    from scenarios.reader import redesigns_of

    known = [(place, redesigns_of(place.folder)) for place in workspace.places()]

    def choice(name: str, label: str, chosen: str) -> Html:
        groups = []
        for place, redesigns in known:
            keys = [place.key, *(f"{place.key}/{each}" for each in redesigns)]
            options = [tag("option", k, value=k, selected=k == chosen) for k in keys]
            shown = place.key + (_(" (shipped)") if place.shipped else "")
            groups.append(tag("optgroup", options, label=shown))
        return tag(
            "label", tag("span", label), tag("select", groups, name=name, data_key=f"design-{name}")
        )

    hidden = [
        tag("input", type="hidden", name=name, value=value)
        for name, value in (("lang", state.language), ("sim", "1" if state.simulate else ""))
        if value
    ]
    return tag(
        "form",
        tag("h2", _("Designs")),
        choice("a", _("A, compared with"), state.a),
        choice("b", _("B, the redesign"), state.b),
        hidden,
        tag("button", _("show"), type="submit"),
        method="get",
        action=screen,
        class_="designs",
    )


def _switchboard(scene: Scene, screen: str) -> Html:
    _ = scene.say
    if not scene.switches:
        why = (
            _("A and B are the same design.")
            if scene.first.key == scene.last.key
            else _("B is not made from A by further levers: there is nothing to switch.")
        )
        return tag("section", tag("h2", _("Levers")), tag("p", why, class_="dim"))
    used = sum(switch.on for switch in scene.switches)
    every = tuple(State.mark(switch.group.key) for switch in scene.switches)
    ends = [
        tag("a", label, href=f"{screen}?{scene.state.query(off=off)}", data_go=True, data_key=key)
        for label, off, key in ((_("all"), (), "all-levers"), (_("none"), every, "no-levers"))
    ]
    return tag(
        "section",
        tag("h2", _("Levers"), " ", tag("small", f"{used} / {len(every)}")),
        tag("p", join((ends[0], " · ", ends[1])), class_="dim"),
        tag("ul", [_switch(scene, screen, each) for each in scene.switches], class_="switches"),
    )


def _switch(scene: Scene, screen: str, switch: Switch) -> Html:
    _ = scene.say
    language = scene.language
    name = switch.group.name.in_language(language)
    told = [each.in_language(language) for each in switch.told]
    key = f"lever-{switch.group.key}"
    turned = f"{screen}?{scene.state.toggled(switch.group.key).query()}"
    refused = [tag("p", each.in_language(language), class_="why") for each in switch.refused]
    state = ("mixed" if switch.partly else "true") if switch.on else "false"
    why = (
        _("a part of it cannot be used with the others as they are:")
        if switch.partly
        else _("cannot be used with the others as they are:")
    )
    look = tag("span", class_="knob", aria_hidden="true")
    if switch.barred:
        control = tag(
            "span", look, tag("b", name), role="switch", aria_checked="false", tabindex="0",
            aria_disabled="true", aria_describedby=f"{key}-why", data_key=key, class_="switch",
        )  # fmt: skip
    else:
        control = tag(
            "a", look, tag("b", name), href=turned,
            role="switch", aria_checked=state, data_go=True,
            data_lever=State.mark(switch.group.key), data_key=key, class_="switch",
        )  # fmt: skip
    return tag(
        "li",
        control,
        tag("div", why, refused, class_="refused",
            id=f"{key}-why") if refused else None,
        folded(_("what it does"), tag("ul", [tag("li", each) for each in told])),
    )  # fmt: skip
