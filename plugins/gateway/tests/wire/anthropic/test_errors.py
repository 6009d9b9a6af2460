"""Errors in Anthropic's shape."""

from __future__ import annotations

import anthropic
import httpx2
import pytest
from jackfield_gateway.wire.anthropic import error_body, error_type

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
YOUNGER = {"request_too_large"}  # in Anthropic's documentation, not in the description


@pytest.mark.parametrize(("status", "name"), TYPES.items())
def test_each_status_has_a_type(status, name, official):
    assert error_type(status) == name
    body = error_body(name, "It does not work.", "req_1")
    assert body == {"type": "error", "error": {"type": name, "message": "It does not work."}, "request_id": "req_1"}
    if name not in YOUNGER:
        official.check("ErrorResponse", body)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (403, anthropic.PermissionDeniedError),
        (404, anthropic.NotFoundError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
    ],
)
def test_the_sdk_reads_type_and_message(status, error):
    def answer(request):
        return httpx2.Response(status, json=error_body(error_type(status), "No.", "req_1"))

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = anthropic.Anthropic(api_key="any", base_url="http://gateway.example", http_client=http, max_retries=0)
    with pytest.raises(error, match=r"No\.") as caught:
        client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "Hi"}])
    assert caught.value.body["error"]["type"] == error_type(status)


def test_the_sdk_raises_an_error_that_a_stream_ends_with():
    wire = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'

    def answer(request):
        return httpx2.Response(200, content=wire.encode(), headers={"content-type": "text/event-stream"})

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = anthropic.Anthropic(api_key="any", base_url="http://gateway.example", http_client=http, max_retries=0)
    with (
        pytest.raises(anthropic.APIStatusError, match="Overloaded"),
        client.messages.stream(model="m", max_tokens=1, messages=[{"role": "user", "content": "Hi"}]) as stream,
    ):
        stream.get_final_message()
