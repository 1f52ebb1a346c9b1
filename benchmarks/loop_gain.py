"""How much of a motion of the noise comes back to it through Z and the covariance, by its pace.

A march is led along the weights and errors of another one, with small independent matrices added to the
noise of one node. What that does to Z at this node and later ones, correlated at all lags and summed, is the
gain of the loop from the noise back to it: with equal signs for a motion that lasts, with alternating ones
for one that turns from node to node.
"""

from __future__ import annotations

import numpy as np

from quadviz import NoisyTeacherLaw, Setting, steady_state
from quadviz.arrays import FloatArray
from quadviz.theory.dmft.draws import orthogonal_gue
from quadviz.theory.dmft.plan import march_grid
from quadviz.theory.dmft.replica import TRUE, Sizes, _March

__all__ = ["limit_of_rest", "loop_gain"]


#: Nodes after the push, its size, and quantiles that stand for a law.
_AFTER, _PUSH, _QUANTILES = 12, 1e-3, 1200


def loop_gain(
    setting: Setting, time: float, d: int = 30, copies: int = 12, seed: int = 1
) -> tuple[float, float]:
    """The gain at a time for a motion that lasts, and for one that alternates."""
    grid = march_grid(setting, time, 0.1)
    grid = np.append(grid, time * 1.1 ** np.arange(1, _AFTER + 1))
    sizes, node = Sizes(d, copies, 1), grid.size - 1 - _AFTER

    def march() -> _March:
        return _March(setting, sizes, grid, np.random.default_rng(seed), TRUE)

    with np.errstate(over="ignore", invalid="ignore"):
        led = march()
        for k in range(grid.size):
            led.advance(k)
        moved = (_seen(march(), led, node, _PUSH) - _seen(march(), led, node, 0.0)) / _PUSH
    lags = 2 * np.einsum("kcx,lcx->kl", moved, moved) / (copies * d)
    turns = np.where(np.arange(len(lags)) % 2, -1.0, 1.0)
    return float(lags.sum()), float(turns @ lags @ turns)


def _seen(march: _March, led: _March, pushed: int, size: float) -> FloatArray:
    """Z at the pushed node and after it, of a march led by another."""
    space, alpha = march._space, march._setting.alpha
    still = np.zeros_like(march._dforce[:, :, 0])
    quiet = space.matrix(still)
    pushes = [orthogonal_gue(space, 1, np.random.default_rng(c))[0] for c in range(len(march._w))]
    seen = []
    march._span = led._span
    known = march._span.count + 1
    z = space.vector(march._w @ march._w.conj().swapaxes(-1, -2))
    c, b, _ = march._put(0, np.zeros(1), led._root[0, :known])
    march._force[:, 0] = c * (b + 2 * z)
    for node, h in enumerate(march._steps, start=1):
        w, dw = march._cell(c, b, h / 2).move(march._w, march._dw, quiet, quiet)
        c, b, _ = march._put(node, led.weights[node, : node + 1], led._root[node, :known])
        if node == pushed:
            b = b + size / np.sqrt(alpha) * np.array(pushes)
        march._w, _ = march._cell(c, b, h / 2).move(w, dw, quiet, quiet)
        z = space.vector(march._w @ march._w.conj().swapaxes(-1, -2))
        march._force[:, node] = c * (b + 2 * z)
        if node >= pushed:
            seen.append(z)
    return np.array(seen)


def limit_of_rest(setting: Setting) -> float:
    """The gain of what lasts as d -> infinity: f/(2 alpha), f the mean square of the derivative of Z by Y."""
    s = setting
    end = steady_state(s.alpha, s.kappa, s.kappa_star, s.lam, s.delta)
    law = NoisyTeacherLaw(s.kappa_star, float(end.xi))
    y = law.quantile((np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    kept = np.maximum(y - float(end.q), 0.0)
    gap = y[:, None] - y
    same = np.eye(_QUANTILES, dtype=bool)
    slopes = np.where(same, y > float(end.q), (kept[:, None] - kept) / np.where(same, 1.0, gap))
    return float(np.mean(slopes**2) / (2 * s.alpha))
