"""The commands, one a module: a function whose options typer reads, and examples for its help."""
