"""What authors write with the kit. Checked by mypy, never run."""

from __future__ import annotations

from jackfield import CompletionRequest, RateLimitError
from jackfield.testing import Case, Gap, ProviderSuite, Report, check


class TestAcme(ProviderSuite):
    provider = "acme"
    model = "acme-1"
    wire = "tests/wire"
    gaps = {"test_request_golden[chat-tools]": Gap(reason="later", raises=(AssertionError, RateLimitError))}


class TestInProcess(ProviderSuite):
    provider = "house"
    plugin = object()
    cases = (
        Case("chat-plain", result={"choices": []}),
        Case("mine", CompletionRequest("", []), error=RateLimitError, same_answer="chat-plain"),
    )


report: Report = check("acme", wire="tests/wire", gaps=TestAcme.gaps)
passed: list[str] = report.passed
check("acme", wires="tests/wire")  # type: ignore[call-arg]
Gap("later")  # type: ignore[call-arg]
