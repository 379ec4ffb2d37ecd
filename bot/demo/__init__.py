"""The demo: a small world that is really down, really full and really changed, and the one who starts all processes."""
