"""The parts of the embedded server: which binary, where it lives, and what is told when it cannot start."""
