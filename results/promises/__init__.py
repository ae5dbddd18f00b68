"""Promises under test: what a city promised, checked against what its design can keep."""

from results.promises.asserting import assert_kept, check_claim
from results.promises.checking import Checker, Finding
from results.promises.claims import Claim, ClaimSyntaxError, parse_claim
from results.promises.files import Promise, PromiseBook, read_promises
from results.promises.verdicts import Verdict

__all__ = [
    "Checker",
    "Claim",
    "ClaimSyntaxError",
    "Finding",
    "Promise",
    "PromiseBook",
    "Verdict",
    "assert_kept",
    "check_claim",
    "parse_claim",
    "read_promises",
]
