"""Maps of both decays, of what both gain, and the spectra that they leave."""
