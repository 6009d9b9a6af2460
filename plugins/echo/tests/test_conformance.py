"""Echo keeps the contract: the core's kit, with cases in Python, since there is no server and no wire."""

from jackfield import CompletionRequest, TextCompletionRequest
from jackfield.testing import Case, ProviderSuite

REFUSED = "BadRequestError"
MESSAGES = [{"role": "user", "content": "one two"}]
WEATHER_CALL = {
    "id": "call_get_weather",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "echo"}'},
}


def counted(prompt, completion):
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def chat(content, *counts, finish="stop", **message):
    choice = {"finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
    return {"model": "hello", "choices": [choice], "usage": counted(*counts)}


def chunk(finish=None, **delta):
    return {"model": "hello", "choices": [{"delta": delta, "finish_reason": finish}]}


def stream(whole, *deltas, finish="stop"):
    return {"chunks": [*(chunk(**delta) for delta in deltas), chunk(finish)], "response": whole}


PLAIN = chat("Say hello.", 2, 2)
TOOLS = chat(None, 6, 3, finish="tool_calls", tool_calls=[WEATHER_CALL])


class TestEcho(ProviderSuite):
    provider = "echo"
    model = "hello"
    cases = (
        Case("chat-plain", result=PLAIN),
        Case("chat-system", result=chat("Say hello.", 5, 2)),
        Case("chat-turns", result=chat("Again.", 4, 1)),
        Case("chat-image", result=chat("What is this? [image_url]", 4, 4)),
        Case("chat-tools", result=TOOLS),
        Case("chat-tool-results", result=chat("12 degrees", 8, 2)),
        Case("chat-json-schema", result=chat('{"name": "echo"}', 3, 2)),
        Case("chat-parameters", result=PLAIN),
        Case("chat-unknown-parameter", error={"type": REFUSED, "param": "conformance_unknown", "retryable": False}),
        Case(
            "stream-plain",
            result=stream(PLAIN, {"role": "assistant", "content": "Say"}, {"content": " hello."}),
            same_answer="chat-plain",
        ),
        Case("stream-tools", same_answer="chat-tools"),
        Case(
            "stream-usage",
            CompletionRequest("", MESSAGES, stream=True, params={"stream_options": {"include_usage": True}}),
        ),
        Case(
            "text-plain",
            result={
                "model": "hello",
                "choices": [{"text": "Once upon a time", "finish_reason": "stop"}],
                "usage": counted(4, 4),
            },
        ),
        Case("text-stream", TextCompletionRequest("", "Once upon a time", stream=True), same_answer="text-plain"),
        Case("embedding-one"),
        Case("embedding-several"),
        Case("image-generation"),
        Case("image-edit"),
        Case("list-models", result={"data": [{"id": "hello", "owned_by": "jackfield-echo"}]}),
    )
