"""What an agent in a thread may do, decided without any I/O. Knows nothing of Slack."""
