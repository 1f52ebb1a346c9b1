"""What scenes share: marks beside curves, families, thresholds, wording, and a page's memory."""
