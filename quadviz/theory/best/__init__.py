"""The best there is: Bayes-optimal errors, decays, widths and stopping times."""
