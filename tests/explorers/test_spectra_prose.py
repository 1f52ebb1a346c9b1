"""What the page of spectra says, against the law, at random settings; the checks share no code with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from quadviz.explorers.spectra.words import directions_html, spectra_cards, spectra_prose
from quadviz.law.noisy_teacher import NoisyTeacherLaw
from quadviz.law.teacher_law import TeacherLaw
from quadviz.outcome import Status
from quadviz.parameters import PARAMETERS
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum, learned_spectrum
from tests.reading import close, numbers_in, plain

NAMES = ("kappa", "kappa_star", "alpha", "delta", "lam")
SEVERAL = {"kappa": 0.108, "kappa_star": 0.092, "lam": 4.92e-4, "delta": 0.0}


def check_bands(text: str, law: LearnedSpectrum) -> None:
    e = law.noisy_edges
    if "two bands" in text:
        assert np.isfinite(e.gap_left)
        close(numbers_in(r"from # to #; above it, from #, ", text), e.left, e.gap_left, e.gap_right)
        close(numbers_in(r"the teacher's # d directions", text), law.state.kappa_star)
        signal = NoisyTeacherLaw(law.state.kappa_star, law.state.xi).mass_above(
            (e.gap_left + e.gap_right) / 2
        )
        np.testing.assert_allclose(signal, law.state.kappa_star, rtol=1e-9)
    elif "single band" in text:
        assert np.isnan(e.gap_left)
        assert law.state.xi > 0
        close(numbers_in(r"single band from # to #[:;]", text), e.left, e.right)
        assert ("bridge the gap" in text) == bool(law.state.kappa_star < 1)
        assert ("full rank" in text) == bool(law.state.kappa_star >= 1)
    else:
        assert "the noise is gone" in text
        assert law.state.xi == 0


def check_cut(text: str, law: LearnedSpectrum) -> None:
    state, kept = law.state, 1 - law.atom_at_zero
    noisy = NoisyTeacherLaw(state.kappa_star, state.xi) if state.xi > 0 else None
    if noisy is None:
        assert text.startswith("nothing is shrunk or cut")
        assert state.q == state.mse == 0
        assert ("assumption" in text) == bool(state.kappa < state.kappa_min)
        return
    if "everything is cut away" in text:
        assert kept == 0
        assert noisy.mass_above(state.q) == 0
        return
    above = noisy.mass_above(law.cut)
    np.testing.assert_allclose(above, kept, atol=1e-8)
    if "below the whole law" in text:
        np.testing.assert_allclose(above, 1.0)
    elif "inside the band" in text:
        (share,) = re.findall(r"of which ([\w %]+) is kept", text)
        low, high = {"less than 1%": (0, 0.01), "more than 99%": (0.99, 1)}.get(share, (None, None))
        if low is None:
            assert 100 * above == pytest.approx(float(share.rstrip("%")), abs=0.501)
        else:
            assert low <= above <= high
    elif "inside the noise" in text:
        assert above > state.kappa_star
    elif "in the gap" in text:
        np.testing.assert_allclose(above, state.kappa_star, rtol=1e-9)
    else:
        assert "inside the signal" in text
        assert above < state.kappa_star
    limited = bool(state.kappa < state.kappa_min)
    assert ("the width cuts" in text) == ("assumption" in text) == limited
    assert ("the shrinkage cuts" in text) == ("very same spectrum" in text) == (not limited)
    assert bool(law.gap > 0) == limited
    close(numbers_in(r"κ = # is (?:not )?below κ_min = #[,:]", text), state.kappa, state.kappa_min)
    if limited:
        (left,) = numbers_in(r"none between 0 and #\. ", text)
        assert 0 < left <= law.edges.left.item() * (1 + 1e-3)
        assert law.density(0.999 * left) == 0


def check_teacher(text: str, law: LearnedSpectrum) -> None:
    mse, nothing = law.state.mse.item(), 1 + 1 / law.state.kappa_star.item()
    if "recovered exactly" in text:
        assert mse == 0
        return
    assert mse > 0
    close(numbers_in("the mse, #, ", text), mse)
    if "is that of learning nothing" in text:
        assert mse == pytest.approx(nothing, rel=1e-3)
    elif "times what" in text:
        (times,) = numbers_in("is # times what", text)
        assert times == pytest.approx(mse / nothing, rel=6e-3)
        assert mse > nothing
    else:
        (share,) = re.findall(r"is ([\w. ]+)% of what learning nothing", text)
        if share == "less than 0.1":
            assert mse < 1e-3 * nothing
        else:
            assert float(share) == pytest.approx(100 * mse / nothing, rel=0.051)
    right, top = law.edges.right.item(), TeacherLaw(law.state.kappa_star).edges.right.item()
    if np.isnan(right):
        assert "largest" not in text
        return
    close(numbers_in("The largest eigenvalue, #, is", text), right)
    if "to within" in text:
        assert right == pytest.approx(top, rel=1e-3)
    else:
        (way,) = re.findall(r"(above|below) the teacher's", text)
        assert (way == "above") == (right > top)
        (share,) = re.findall(r"is ([\w. ]+)% (?:above|below)", text)
        if share != "less than 0.1":
            assert float(share) == pytest.approx(100 * abs(right / top - 1), rel=0.051)


def check_directions(markup: str, law: LearnedSpectrum) -> None:
    text = " ".join(plain(markup).split())
    state = law.state
    has, uses = min(state.kappa.item(), 1.0), 1 - law.atom_at_zero.item()
    (share,) = re.findall(r"uses ([\w %]+) of its", text)
    limits = {"less than 1%": (0, 0.01), "more than 99%": (0.99, 1)}.get(share)
    if limits:
        assert limits[0] <= uses / has <= limits[1]
    elif share == "all":
        assert uses == pytest.approx(has, abs=1e-9)
    else:
        assert 100 * uses / has == pytest.approx(float(share.rstrip("%")), abs=0.501)
    assert ("of its d directions" in text) == (has == 1)
    assert ("to be free of its width" in text) == bool(law.gap > 0)
    (needed,) = numbers_in(r"κ _min = #", text.replace("κ_min", "κ _min"))
    assert needed == pytest.approx(state.kappa_min.item(), rel=1e-3)
    widths = [float(width) for width in re.findall(r'class="qv-(?:has|uses)" width="([\d.]+)"', markup)]
    assert widths == pytest.approx([1000 * has, 1000 * uses], abs=0.06)


def settings(count: int) -> Iterator[dict[str, float]]:
    rng = np.random.default_rng(11)
    ends = {name: (PARAMETERS[name].low, PARAMETERS[name].high) for name in NAMES}
    for number in range(count):
        setting = {
            name: float(np.exp(rng.uniform(np.log(low or 1e-3), np.log(high))))
            for name, (low, high) in ends.items()
        }
        if number % 3 == 0:
            setting["lam"] = 0.0
        if number % 4 < 2:
            setting["delta"] = 0.0
        if number % 11 == 1:
            setting["lam"] = 10.0
        if number % 5 == 0:
            setting["kappa"] = 2.0
        if number % 7 == 0:
            setting["kappa_star"] = 1.0
        yield setting


def test_every_sentence_is_true_at_random_settings() -> None:
    seen: set[str] = set()
    places = ("below the whole", "inside the band", "inside the noise", "in the gap", "inside the signal")
    for setting in settings(220):
        law = learned_spectrum(**setting)
        if law.state.status == Status.FAILED:
            continue
        said = dict(spectra_prose(law))
        check_bands(said["Signal"], law)
        check_cut(said["Cut"], law)
        check_teacher(said["Teacher"], law)
        check_directions(directions_html(law), law)
        assert ("Not unique" in said) == bool(law.state.status == Status.SEVERAL)
        seen |= {
            place for place in (*places, "everything is cut", "nothing is shrunk") if place in said["Cut"]
        }
        seen |= {word for word in ("two bands", "bridge", "full rank") if word in said["Signal"]}
        seen |= {word for word in ("times what", "recovered", "above", "below") if word in said["Teacher"]}
    assert len(seen) == 14, f"the settings do not meet every sentence, only {sorted(seen)}"


def test_a_setting_with_several_solutions_says_so() -> None:
    law = learned_spectrum(alpha=0.13, **SEVERAL)
    assert law.state.status == Status.SEVERAL
    assert dict(spectra_prose(law))["Not unique"].startswith("the equations have other solutions")
    assert spectra_cards(law, 0.0)[-1].value == "not unique"
