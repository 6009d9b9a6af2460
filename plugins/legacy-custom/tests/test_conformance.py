"""The older format's provider keeps the contract: the core's kit, over the wire files beside this."""

from jackfield.testing import ProviderSuite


class TestLegacyCustom(ProviderSuite):
    provider = "custom"
    model = "house-7b"
    wire = "tests/wire"
