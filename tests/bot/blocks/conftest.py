"""The snapshots of cards and modals."""

from tests.plugins.golden import golden

__all__ = ["golden"]
