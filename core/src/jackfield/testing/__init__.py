"""The conformance kit: proves that a provider keeps the contract, before anybody uses it.

    from jackfield.testing import ProviderSuite

    class TestAcme(ProviderSuite):
        provider = "acme"
        model = "acme-1"
        wire = "tests/wire"

It is run by pytest with ``-p jackfield.testing.plugin``, and needs the extra ``jackfield[testing]``. ``check()`` does
the same without pytest, and is what ``jackfield check`` calls.
"""

from __future__ import annotations

from ._cases import Case
from ._engine import Gap, check
from ._errors import NonconformanceError, SuiteError
from ._report import Report
from ._suite import ProviderSuite

__all__ = ["Case", "Gap", "NonconformanceError", "ProviderSuite", "Report", "SuiteError", "check"]

for _each in (Case, Gap, NonconformanceError, ProviderSuite, Report, SuiteError, check):
    _each.__module__ = __name__
