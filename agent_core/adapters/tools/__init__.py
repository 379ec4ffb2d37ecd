"""The tools that run outside: one file for each kind, an argument model and a run."""
