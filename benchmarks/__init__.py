"""What is measured, each against a floor that runs in the same minutes on the same machine. See docs/benchmarks.md."""
