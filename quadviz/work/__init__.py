"""Long work as generators of (fraction done, result so far): networks, marches, approaches. No widget."""
