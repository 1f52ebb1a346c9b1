"""Files of numbers that people bring: bytes to text, text to cells, cells to numbers and to measurements.

Whoever reads another kind of file begins with :func:`quadviz.files.cells.read_cells`: it has the encodings,
separators, decimal commas and the words of refusals.
"""
