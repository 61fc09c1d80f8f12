"""The shop."""

__version__ = "2.7.1"
