"""The real keepers of the ports: only here are clients, processes and clocks known."""
