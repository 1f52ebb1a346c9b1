"""Teachers as values: levels, moments, quantiles, samples, and bad input refused in words."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from quadviz import Levels, NoisyTeacherLaw, Orthogonal, PowerLaw, Setting, TeacherLaw, Wishart, steady_state


@pytest.mark.parametrize(
    "teacher", [Orthogonal(), PowerLaw(0.3), PowerLaw(0.0, levels=1), PowerLaw(0.49, 400)]
)
@pytest.mark.parametrize("kappa_star", [0.05, 0.4, 1.0])
def test_levels_of_width(teacher, kappa_star):
    z, p = teacher.levels(kappa_star)
    assert p.sum() == pytest.approx(1, abs=1e-14) and np.all(np.diff(z) > 0)
    assert teacher.moment(1, kappa_star) == pytest.approx(1, abs=1e-14)
    assert teacher.rank_fraction(kappa_star) == pytest.approx(kappa_star, abs=1e-15)
    assert teacher.moment(2, kappa_star) == pytest.approx(float(p @ z**2), rel=1e-14)
    assert teacher.moment(2, kappa_star) * kappa_star >= 1 - 1e-14


def test_a_power_law_is_one():
    z, _ = PowerLaw(0.3, levels=200).levels(0.5)
    k = np.arange(200, 0, -1) - 0.5
    np.testing.assert_allclose(np.diff(np.log(z[1:])) / -np.diff(np.log(k)), 0.3, rtol=1e-9)


def test_the_wishart_teacher_is_marchenko_pastur():
    w = Wishart()
    for k in (0.3, 1.0, 2.5):
        assert [w.moment(n, k) for n in (0, 1, 2, 3)] == pytest.approx(
            [1, 1, 1 + 1 / k, 1 + 3 / k + 1 / k**2]
        )
        atoms = w.atoms(k)
        assert [atoms.moment(n) for n in (1, 2, 5)] == pytest.approx(
            [w.moment(n, k) for n in (1, 2, 5)], rel=1e-10
        )
        assert w.density(1.3, k) == TeacherLaw(k).density(1.3)
    law = NoisyTeacherLaw(0.3, 1e-20)
    mass = np.array([0.05, 0.15, 0.25])
    np.testing.assert_allclose(w.quantile(mass, 0.3), law.quantile(mass), rtol=1e-8)
    assert w.quantile(0.31, 0.3) == 0 and w.rank_fraction(0.3) == 0.3
    values = w.eigenvalues(2000, 0.3)
    assert values.mean() == pytest.approx(1, abs=1e-3) and np.mean(values**2) == pytest.approx(
        1 + 1 / 0.3, abs=0.01
    )


def test_given_levels():
    teacher = Levels([3, 0, 1, 1], [0.1, 0.4, 0.3, 0.2])
    z, p = teacher.levels()
    assert z.tolist() == [0, 1, 3] and p == pytest.approx([0.4, 0.5, 0.1])
    assert teacher.rank_fraction() == pytest.approx(0.6)
    assert teacher.quantile([0.0, 0.1, 0.11, 0.6, 0.61, 1.0]).tolist() == [3, 3, 1, 1, 0, 0]
    assert teacher == Levels([0, 1, 3], [0.4, 0.5, 0.1]) and hash(teacher) == hash(Levels(z, p))
    assert teacher != Levels([0, 1, 3]) and pickle.loads(pickle.dumps(teacher)) == teacher  # noqa: S301 - our own pickle
    assert teacher.scaled(second_moment=1).moment(2) == pytest.approx(1)
    assert teacher.density(0.5) == 0
    with pytest.raises(AttributeError, match="value"):
        teacher.anything = 1


def test_levels_of_a_layer():
    w = np.random.default_rng(0).standard_normal((6, 2))
    z, p = Levels.of(w).levels()
    assert z[0] == 0 and p[0] == pytest.approx(4 / 6)
    np.testing.assert_allclose(z[1:], np.linalg.eigvalsh(w.T @ w), rtol=1e-12)
    rank_one = np.outer(np.arange(1, 5), np.ones(7))
    assert Levels.of(rank_one).rank_fraction() == 0.25


def test_levels_from_files(tmp_path):
    np.save(tmp_path / "one.npy", np.array([0.0, 1.0, 2.0]))
    np.save(tmp_path / "two.npy", np.array([[0.0, 0.25], [2.0, 0.75]]))
    (tmp_path / "plain.csv").write_text("0\n1\n2\n")
    (tmp_path / "head.csv").write_text("level,weight\n0,0.25\n2,0.75\n")
    assert (
        Levels.from_file(tmp_path / "one.npy")
        == Levels([0, 1, 2])
        == Levels.from_file(tmp_path / "plain.csv")
    )
    assert Levels.from_file(tmp_path / "two.npy") == Levels([0, 2], [0.25, 0.75])
    assert Levels.from_file(str(tmp_path / "head.csv")) == Levels([0, 2], [0.25, 0.75])
    for name, text, said in (
        ("bad.csv", "0\nx\n", r"bad.csv: line 2 must hold finite numbers >= 0, got x"),
        ("empty.csv", "level\n", r"empty.csv: line 1 must hold numbers, got level"),
        ("heavy.csv", "1,2\n2,0\n", r"heavy.csv: line 2 must hold weights that are finite numbers > 0"),
        ("levels.txt", "1\n", r"path must end in .npy or .csv"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(ValueError, match=said):
            Levels.from_file(tmp_path / name)


@pytest.mark.parametrize("teacher", [Orthogonal(), PowerLaw(0.3), Levels(np.arange(20.0) / 9.5)])
def test_samples_have_the_levels(teacher):
    kappa_star = None if isinstance(teacher, Levels) else 0.3
    z = teacher.sample(20, kappa_star, seed=3)
    assert np.array_equal(z, teacher.sample(20, kappa_star, seed=3)) and z.shape == (20, 20)
    assert not np.array_equal(z, teacher.sample(20, kappa_star, seed=4))
    found = np.linalg.eigvalsh(z)
    np.testing.assert_allclose(found, teacher.eigenvalues(20, kappa_star), atol=1e-12)
    if isinstance(teacher, Levels):
        np.testing.assert_allclose(found, np.arange(20.0) / 9.5, atol=1e-12)
    assert found.mean() == pytest.approx(teacher.moment(1, kappa_star), rel=1e-12)
    large = teacher.eigenvalues(3000, kappa_star)
    assert np.mean(large**2) == pytest.approx(teacher.moment(2, kappa_star), rel=1e-3)


def test_the_frame_is_uniform():
    """Of a projection on half of the space the diagonal is 1 on average, everywhere."""
    mean = np.mean([np.diag(Orthogonal().sample(8, 0.5, seed=s)) for s in range(400)], axis=0)
    assert np.all(np.abs(mean - 1) < 5 * np.sqrt(0.3 / 400))


HERE = (0.3, 1, 0.3, 0.1, 0.1)
BAD = [
    (lambda: Levels([1, -1]), ValueError, r"values must be finite numbers >= 0, got -1"),
    (lambda: Levels([1, np.nan]), ValueError, r"values must be finite numbers >= 0, got nan"),
    (lambda: Levels([]), ValueError, r"values must be between 1 and 20000 levels, got 0"),
    (lambda: Levels([0.0, 0.0]), ValueError, r"values must have a level > 0"),
    (lambda: Levels([[1.0]]), ValueError, r"values must be one-dimensional"),
    (lambda: Levels("strange"), TypeError, r"values must be .* got 'strange'"),
    (lambda: Levels([1, 2], [0.3, 0.3]), ValueError, r"weights must sum to 1, got a sum of 0.6"),
    (lambda: Levels([1, 2], [1.3, -0.3]), ValueError, r"weights must be finite numbers > 0, got -0.3"),
    (lambda: Levels([1, 2], [1.0]), ValueError, r"weights must be one for each of 2 values, got 1"),
    (lambda: PowerLaw(0.5), ValueError, r"exponent must be >= 0 and below 0.5 \(a second moment\), got 0.5"),
    (lambda: PowerLaw(-0.1), ValueError, r"exponent must be >= 0 and below 0.5"),
    (lambda: PowerLaw("steep"), TypeError, r"exponent must be a number"),
    (lambda: PowerLaw(0.3, levels=0), ValueError, r"levels must be a whole number >= 1, got 0"),
    (lambda: PowerLaw(0.3, levels=10**6), ValueError, r"levels must be between 1 and 10000"),
    (lambda: Levels([1.0]).levels(0.3), ValueError, r"kappa_star .* must be None beside Levels.*, got 0.3"),
    (lambda: Orthogonal().levels(), TypeError, r"kappa_star .* must be .* for Orthogonal\(\), got None"),
    (lambda: Orthogonal().levels(1.3), ValueError, r"kappa_star .* between 0 and 1 .*, got 1.3"),
    (lambda: Levels([1.0]).scaled(), TypeError, r"one of mean and second_moment"),
    (lambda: Levels([1.0]).scaled(mean=-1), ValueError, r"mean must be a finite number > 0, got -1"),
    (lambda: Levels.of(np.zeros((3, 2))), ValueError, r"values must have a level > 0"),
    (lambda: Levels.of([1.0, 2.0]), ValueError, r"weights must be a matrix"),
    (lambda: Orthogonal().quantile(1.2, 0.3), ValueError, r"mass_above must be between 0 and 1, got 1.2"),
    (lambda: PowerLaw(0.3).eigenvalues(2, 0.1), ValueError, r"d must be at least 6 for PowerLaw"),
    (lambda: steady_state(*HERE, teacher=Levels([1.0])), ValueError, r"kappa_star .* None beside"),
    (lambda: steady_state(0.3, 1, None, 0.1, 0.1), TypeError, r"kappa_star .* got None"),
    (lambda: steady_state(*HERE, teacher="Wishart"), TypeError, r"teacher must be one of"),
    (lambda: steady_state(*HERE, -0.5), ValueError, r"lam2 \(Frobenius decay\) .* got -0.5"),
    (lambda: steady_state(0.3, 1, [0.3, 1.2], 0, 0, teacher=Orthogonal()), ValueError, r"got 1.2"),
    (lambda: Setting(1, 0.3, 0.3, 0.1, 0, teacher=Levels([1.0])), ValueError, r"kappa_star .* None beside"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "said"), BAD)
def test_bad_input_is_refused_in_words(call, kind, said):
    with pytest.raises(kind, match=said):
        call()


def test_a_setting_takes_the_rank_of_given_levels():
    setting = Setting(0.5, None, 0.3, 0.1, 0.2, lam2=0.1, teacher=Levels([0, 0, 1, 2]))
    assert setting.kappa_star == 0.5 and setting.lam2 == 0.1
    assert Setting(**{**vars(setting), "alpha": 0.4}).kappa_star == 0.5
