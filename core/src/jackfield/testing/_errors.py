"""What the kit itself raises."""

from __future__ import annotations

__all__ = ["NonconformanceError", "SuiteError"]


class NonconformanceError(AssertionError):
    """A check failed; the text says what was seen, what was expected, and where the plugin's line is known, which.

    ``remedy`` says what to do where that is something else than the check's docstring says.
    """

    remedy: str | None = None


class SuiteError(Exception):
    """A suite cannot be run as it is written: a provider that is not installed, a broken wire file, an unknown gap."""
