"""Dynamical mean-field theory of training, marched in time.

``solve`` holds :func:`dmft`; ``replica`` one solution, made of ``draws`` (random matrices), ``step`` (matrix
Riccati steps), ``response`` (the memory's weights) and ``mixing`` (fixed points at a node); ``plan`` says
what a march will take, ``trust`` until when it can be trusted, ``result`` is what it gives.
"""

from quadviz.theory.dmft.plan import check_march, dmft_cost
from quadviz.theory.dmft.result import Dmft, DmftError, DmftStatus
from quadviz.theory.dmft.solve import dmft, march

__all__ = ["Dmft", "DmftError", "DmftStatus", "check_march", "dmft", "dmft_cost", "march"]
