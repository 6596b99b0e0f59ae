"""Say that a licence allows less than the rest of earwitness does."""

from __future__ import annotations

import warnings


class LicenceWarning(UserWarning):
    """What is about to be used may not be used for everything."""


def notice(name: str, terms: str) -> None:
    """Show a warning, once for each encoder in a process.

    Args:
        name: of the encoder.
        terms: what its licence does not allow.
    """
    warnings.warn(f"{name}: {terms}", LicenceWarning, stacklevel=3)
