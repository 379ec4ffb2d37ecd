"""What follows from lessons: which are in force, what they forbid, set or advise, and the Φ that they pin. Pure."""
