"""Levers in planners' files: read with every mistake named, written so that nothing is lost."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_levers_laws import Planner, a_catalogue

from rules import Duration, Name
from rules.catalogue import Reading
from rules.dealing import Level
from rules.levers import JOINT_KINDS, JoinAs, Lever, legal
from rules.levers.handling import DropPrerequisite, ExternalWait, Renumber
from rules.levers.windows import OneMaterialSet
from scenarios.lever_files import LEVER_FORMS, lever_toml, read_lever
from scenarios.toml_files import Settings, read_toml

DOCS = Path(__file__).resolve().parents[1] / "docs" / "levers.md"


def read_back(toml: str) -> tuple[Lever | None, list[str]]:
    reading = Reading()
    (table,) = tomllib.loads(toml)["lever"]
    lever = read_lever(Settings("t.toml", table, reading, {}))
    return lever, [problem.message for problem in reading.problems]


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_a_lever_written_is_the_lever_read(seed: int):
    """Any lever comes back from its TOML as it was, without a complaint."""
    luck = Random(seed)
    for make in Planner(luck, a_catalogue(luck)).levers():
        lever = make()
        assert read_back(lever_toml(lever)) == (lever, [])


sayable = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(sayable, sayable, sayable)
def test_any_text_survives_a_file(key: str, zh: str, why: str):
    """Quotes, line breaks, Chinese and control characters in names and keys are kept."""
    for lever in (
        DropPrerequisite(key, zh, why),
        Renumber(((key, zh),)),
        ExternalWait(key, Name(zh, why), Duration(3), zh, why),
        OneMaterialSet(materials=((zh, (key,)),), held=((why, None),)),
    ):
        assert read_back(lever_toml(lever)) == (lever, [])


def test_every_lever_can_be_written_in_a_file():
    """The list of forms and the list of levers are the same."""
    made = {form.make for word, form in LEVER_FORMS.items() if word not in JOINT_KINDS}
    assert made == {lever for lever in get_args(Lever) if lever is not JoinAs}
    assert set(JOINT_KINDS) <= set(LEVER_FORMS)


def test_every_field_of_a_lever_has_a_form():
    """No parameter of a lever is out of a planner's reach."""
    for word, form in LEVER_FORMS.items():
        if word in JOINT_KINDS:
            fields = set(inspect.signature(JoinAs).parameters) - {"joint", "flagged", "works"}
        else:
            fields = set(inspect.signature(form.make).parameters)
        assert fields <= {parameter.field for parameter in form.parameters}, word


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('kind = "agenzy"', "no lever is called 'agenzy' (did you mean 'agency'?)"),
        ('kind = "agency"\nstep = ["a"]', "unknown setting (did you mean 'steps'?)"),
        ('kind = "agency"\nat = "vilage"', "not a level of government (did you mean 'village'?)"),
        ('kind = "online"\nlevel = "all"', "'all' is not precheck or full"),
        ('kind = "online"\ncorrection_share = 5', "not a number between 0 and 1"),
        ('kind = "delegate"\nsteps = ["a"]\nact = "x"', "'to' is missing"),
        ('kind = "shorten"', "'days' is missing: a table was expected"),
        ('kind = "shorten"\ndays = {a = "soon"}', "a: 'soon' is not"),
        ('kind = "joint_survey"\nsteps = ["a"]\ninto = "j"\ndays = "max(a"', "'max(a'"),
        ('kind = "joint_survey"\nsteps = ["a"]\ninto = "j"\nworks = "p"', "works: unknown setting"),
        ('kind = "joint_meeting"\nsteps = ["a"]\ninterval = "7 cd"', "'slots' is missing"),
        ('kind = "material_set"\nheld = {id = "ever"}', "'ever' is not a date"),
        ('kind = "staff"\noffice = "land"\nwindows = 1.5', "1.5 is not a whole number"),
    ],
)
def test_mistakes_are_named(toml: str, said: str):
    """What a planner mistypes is said, with the nearest thing that is known."""
    assert any(said in problem for problem in read_back(f"[[lever]]\n{toml}")[1]), read_back(
        f"[[lever]]\n{toml}"
    )[1]


def test_a_mistake_has_its_line(tmp_path: Path):
    """The line of the key that is wrong stands in the message."""
    path = tmp_path / "r.toml"
    path.write_text('[[lever]]\nkind = "agency"\nat = "moon"\n', encoding="utf-8")
    reading = Reading()
    for table in read_toml(path, reading).tables("lever"):
        read_lever(table)
    assert [(p.place.line, p.place.file) for p in reading.problems] == [(3, "r.toml")]


def test_defaults_stay_out_of_the_file():
    """A file holds what the planner chose, not what goes without saying."""
    from rules.levers import ActByAgent

    assert lever_toml(ActByAgent()) == '[[lever]]\nkind = "agency"\n'
    assert 'at = "village"' in lever_toml(ActByAgent(at=Level.VILLAGE))


def rows() -> dict[str, list[str]]:
    """Return the rows of the page's tables: word and cells."""
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    found = [line.strip()[1:-1].split("|") for line in lines if line.startswith("| `")]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in found}


def test_the_page_lists_every_lever_with_its_parameters():
    """docs/levers.md names each lever once, with exactly the parameters that are read."""
    listed = rows()
    assert list(listed) == sorted(listed, key=list(LEVER_FORMS).index)
    assert set(listed) == set(LEVER_FORMS)
    for word, cells in listed.items():
        given_ = re.findall(r"`(\w+)`(\*?)", cells[1])
        said = [(name, star == "*") for name, star in given_]
        assert said == [(p.name, p.required) for p in LEVER_FORMS[word].parameters], word


def test_the_page_gives_each_lever_its_mechanism():
    """The mechanisms M01-M62 on the page are those of the lever's own docstring."""
    for word, cells in rows().items():
        if word in JOINT_KINDS:
            continue
        documentation = inspect.getdoc(LEVER_FORMS[word].make) or ""
        own = set(re.findall(r"M\d\d", documentation))
        assert set(re.findall(r"M\d\d", cells[4])) == own, word


def test_the_page_cites_articles_that_the_code_cites():
    """Each article of the licensing law on the page stands in the code or in the dated law."""
    from rules import levers
    from rules.law import national_law

    folder = Path(inspect.getfile(levers)).parent
    code = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    code += "".join(rule.article for rule in national_law().limits)
    cited = {
        number
        for part in re.findall(r"行政许可法[^\"']*?art\. ([\d, ()\-]+)", code)
        for number in numbers(part)
    } | {int(n) for n in re.findall(r"Licensing Law\s+art\. (\d+)", code)}
    for word, cells in rows().items():
        for part in re.findall(r"ALL ([\d, \-]+)", cells[4]):
            assert set(numbers(part)) <= cited, (word, part)
    assert legal.limit_in_force.__doc__


def numbers(text: str) -> list[int]:
    """Return the articles of a list such as ``23-24, 42``."""
    found = []
    for first, last in re.findall(r"(\d+)(?:\(\d\))?(?:-(\d+))?", text):
        found += range(int(first), int(last or first) + 1)
    return found
