"""Teachers as text: each text stands for one teacher, packed or not, whoever wrote it."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest

from quadviz import Levels, Orthogonal, PowerLaw, Wishart
from quadviz.files.levels import MOST_LEVELS
from quadviz.law.spelling import spelled_levels, spelled_teacher, teacher_of


def repeated(teacher: Levels, count: int) -> np.ndarray:
    """The levels one by one."""
    z, p = teacher.levels()
    return np.repeat(z, np.round(p * count).astype(int))


@pytest.mark.parametrize(
    "teacher", [Wishart(), Orthogonal(), PowerLaw(0.0), PowerLaw(0.45), Levels([0, 0, 3]), Levels([2], [1])]
)
def test_there_and_back(teacher: object) -> None:
    assert teacher_of(spelled_teacher(teacher)) == teacher


@pytest.mark.parametrize("seed", range(3))
def test_many_levels_are_packed_to_six_digits_and_fit_into_a_link(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = [
        np.exp(rng.normal(0, 3, MOST_LEVELS)),
        np.arange(1, MOST_LEVELS + 1.0) ** -1.25,
        np.concatenate([np.zeros(1000), np.full(600, 3.3), rng.random(400)]),
    ][seed]
    text = spelled_levels(values.tolist())
    assert text.startswith("levels:~") and len(text) < 6000
    assert text.removeprefix("levels:~").replace("-", "a").replace("_", "a").isalnum()
    rounded = np.sort([float(f"{value:.5e}") for value in values])
    found = teacher_of(text)
    assert isinstance(found, Levels)
    np.testing.assert_array_equal(repeated(found, MOST_LEVELS), rounded)
    assert spelled_teacher(found) == text


@pytest.mark.parametrize("value", [1e-300, 2.5e-8, 0.999999, 1.0, 123456.0, 9.99999e250])
def test_packed_numbers_keep_their_digits(value: float) -> None:
    values = [0.0, value, *(value * (1 + k / 1000) for k in range(1, 60))]
    z, _ = teacher_of(spelled_levels(values)).levels()
    np.testing.assert_allclose(z, values, rtol=1e-5)
    assert z[1] == value


def test_weights_are_what_they_are() -> None:
    assert spelled_levels([1, 2], [0.25, 0.75]) == "levels:1x0.25,2x0.75"
    z, p = teacher_of("levels:2x3,1").levels()
    assert z.tolist() == [1, 2] and p.tolist() == [0.25, 0.75]
    many = Levels(np.arange(1.0, 101), np.arange(1.0, 101) / 5050)
    text = spelled_teacher(many)
    assert text.startswith("levels:~")
    np.testing.assert_allclose(teacher_of(text).levels()[1], many.levels()[1], rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wishhart", "did you mean wishart"),
        ("orthogonal:1", "teacher must be wishart, orthogonal"),
        ("power:", "teacher must be"),
        ("power:steep", "the exponent of power: must be a number, got 'steep'"),
        ("power:0.5", "below 0.5"),
        ("levels:", "teacher must be"),
        ("levels:1,two", "levels must be a number, got 'two'"),
        ("levels:1,-2", "finite numbers >= 0, got -2"),
        ("levels:0,0", "only zeros"),
        ("levels:1x0,2", "how often a level counts"),
        ("levels:" + ",".join(["1"] * 2001), "must be 1 to 2000 numbers, got 2001"),
        ("levels:~", "damaged"),
        ("levels:~!!!", "damaged"),
        ("levels:~eJw", "damaged"),
        ("levels:~" + base64.urlsafe_b64encode(zlib.compress(b"\xff" * 9_000_000)).decode(), "damaged"),
        ("levels:~" + base64.urlsafe_b64encode(zlib.compress(b"\x01" * 5000)).decode(), "damaged"),
        ("x" * 5000, "…"),
    ],
)
def test_what_is_no_teacher_is_told(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^\w") as refusal:
        teacher_of(text)
    assert said in str(refusal.value) and len(str(refusal.value)) < 300


def test_what_has_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="50 levels"):
        spelled_teacher(PowerLaw(0.3, levels=10))
    with pytest.raises(ValueError, match="1 to 2000 numbers, got 2500"):
        spelled_teacher(Levels(np.arange(1.0, 2501)))
    with pytest.raises(TypeError, match="teacher must be one of"):
        spelled_teacher("wishart")
