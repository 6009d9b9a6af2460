"""What jackfield promises for every provider, tested with the exchanges in `wire`."""

from jackfield.testing import ProviderSuite


class TestAcme(ProviderSuite):
    provider = "acme"  # found through its real entry point
    model = "acme-1"
    wire = "tests/wire"  # recorded exchanges: one folder a case
