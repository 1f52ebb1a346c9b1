"""What pages open with: work of our own, done before and stored here by ``python -m benchmarks.stored``."""

from quadviz.work.stored.march import stored_march
from quadviz.work.stored.networks import stored_networks

__all__ = ["stored_march", "stored_networks"]
