"""Every function is good to 1e-9 in the domain that its docstring and docs/accuracy.md promise."""

from __future__ import annotations

import re

import pytest

import quadviz
from benchmarks.accuracy import rows
from quadviz.theory.reach import DOMAINS, domain_sentence
from tests.conftest import ROOT
from tests.domains import MEASURED

PAGE = ROOT / "docs" / "accuracy.md"
#: How many settings a default run takes; integrals of 60 digits by quadrature are dear.
FEW = {"bayes_optimal": 3, "recovery_threshold": 10, "NoisyTeacherLaw": 60}


@pytest.mark.parametrize("name", MEASURED)
def test_good_to_nine_digits(name):
    errors = MEASURED[name](FEW.get(name, 20), 1)
    assert errors and max(errors) <= 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURED)
def test_good_to_nine_digits_at_many_settings(name):
    errors = MEASURED[name](60 if name in FEW else 600, 2)
    assert max(errors) <= 1e-9


@pytest.mark.parametrize("name", DOMAINS)
def test_the_docstring_says_it(name):
    said = " ".join((getattr(quadviz, name).__doc__ or "").split())
    assert domain_sentence(name) in said


def test_the_page_says_it():
    text = PAGE.read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", text, re.MULTILINE))
    assert table == rows()
    errors = [float(e) for e in re.findall(r"\| (\S+) \|$", text, re.MULTILINE) if re.match(r"\d", e)]
    assert len(errors) == len(table) and max(errors) <= 1e-9
