"""Modals: one file each, with what reads a submitted one back where that takes more than its text. Pure."""
