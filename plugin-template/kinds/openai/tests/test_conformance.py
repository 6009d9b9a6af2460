"""What jackfield promises for every provider, tested with the exchanges in `wire`."""

from jackfield.testing import ProviderSuite


class TestAcme(ProviderSuite):
    provider = "acme"  # found through its real entry point
    wire = "tests/wire"  # recorded exchanges: one folder a case; suite.json names the model they ask for
