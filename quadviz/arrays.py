"""Names for the types of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["AnyComplexArray", "BoolArray", "ComplexArray", "FloatArray"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
ComplexArray = NDArray[np.complex128]
AnyComplexArray = NDArray[np.complexfloating[Any, Any]]
