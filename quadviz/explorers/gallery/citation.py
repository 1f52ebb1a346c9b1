"""How to cite the paper and the software: what ``CITATION.cff`` says, which is not installed."""

from __future__ import annotations

import html
from dataclasses import dataclass

from quadviz import __version__

__all__ = ["PAPER", "SOFTWARE", "arxiv_link", "citation_html", "paper_bibtex", "software_bibtex"]


@dataclass(frozen=True)
class Paper:
    """The paper whose theory is computed here."""

    title: str = "High-Dimensional Analysis of Gradient Flow for Extensive-Width Quadratic Neural Networks"
    authors: tuple[tuple[str, str], ...] = (("Martin", "S."), ("Biroli", "G."), ("Bach", "F."))
    journal: str = "Journal of Machine Learning Research"
    volume: int = 27
    issue: int = 136
    year: int = 2026
    arxiv: str = "2601.10483"


@dataclass(frozen=True)
class Software:
    """This package."""

    title: str = "quadviz: the theory of wide quadratic networks, exact and interactive"
    author: str = "the quadviz developers"
    license: str = "BSD-3-Clause"


PAPER, SOFTWARE = Paper(), Software()


def paper_bibtex() -> str:
    """The paper as an entry for BibTeX."""
    return _entry(
        "article",
        "martin2026highdimensional",
        author=" and ".join(f"{family}, {given}" for family, given in PAPER.authors),
        title=f"{{{PAPER.title}}}",
        journal=PAPER.journal,
        volume=PAPER.volume,
        number=PAPER.issue,
        year=PAPER.year,
        eprint=PAPER.arxiv,
        archiveprefix="arXiv",
    )


def software_bibtex() -> str:
    """The software as an entry for BibTeX."""
    return _entry(
        "misc",
        "quadviz",
        author=f"{{{SOFTWARE.author}}}",
        title=f"{{{SOFTWARE.title}}}",
        note=f"Version {__version__}, {SOFTWARE.license}",
    )


def citation_html() -> str:
    """Both, in words and as entries to copy."""
    paper = (
        f"S. Martin, G. Biroli and F. Bach, <cite>{PAPER.title}</cite>, {PAPER.journal} "
        f"{PAPER.volume}({PAPER.issue}), {PAPER.year}, {arxiv_link()}."
    )
    software = f"<cite>{SOFTWARE.title}</cite>, version {html.escape(__version__)}."
    return (
        "<p>If these pages help your work, please cite the paper whose theory they compute.</p>"
        f"{_cited('paper', paper, paper_bibtex())}{_cited('software', software, software_bibtex())}"
    )


def arxiv_link() -> str:
    """A link to the paper."""
    number = PAPER.arxiv
    return f'<a href="https://arxiv.org/abs/{number}" target="_blank" rel="noopener">arXiv {number}</a>'


def _cited(what: str, words: str, entry: str) -> str:
    """One of them: in words, and an entry that unfolds, under a button that copies it."""
    return (
        f'<div class="qv-cite"><p><b>The {what}.</b> {words}</p>'
        f'<details><summary>BibTeX of the {what}</summary><div class="qv-bibtex">'
        f'<button type="button" class="qv-tool qv-copy" title="Copy the BibTeX of the {what}">Copy</button>'
        f'<pre tabindex="0">{html.escape(entry)}</pre></div></details></div>'
    )


def _entry(kind: str, key: str, **fields: object) -> str:
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@{kind}{{{key},\n{lines}\n}}"
