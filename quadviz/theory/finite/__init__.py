"""Theory at your d: the same equations, with their averages taken at that size."""
