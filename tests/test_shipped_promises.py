"""Every shipped scenario makes promises, and its design keeps them."""

from __future__ import annotations

import pytest

from results.promises import Checker, Verdict, read_promises
from results.promises.claims import OnPaper
from scenarios import shipped
from scenarios.library import shipped_folder


@pytest.mark.parametrize("name", shipped())
def test_each_makes_promises_and_keeps_them_on_paper(name: str):
    """A promises.toml stands in every folder; what it says of the paper view holds exactly."""
    book = read_promises(shipped_folder() / name / "promises.toml")
    checker = Checker(book)
    assert book.promises
    for promise in book.promises:
        assert promise.basis.zh
        assert promise.basis.en
        if isinstance(promise.claim.metric, OnPaper):
            assert checker.check(promise).verdict is Verdict.KEPT, promise.id


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped())
def test_each_keeps_what_it_promises_of_time(name: str):
    """Simulated promises are kept too, none stays unsure."""
    checker = Checker(read_promises(shipped_folder() / name / "promises.toml"), most=40)
    verdicts = {each.id: checker.check(each).verdict for each in checker.book.promises}
    assert set(verdicts.values()) == {Verdict.KEPT}, verdicts
