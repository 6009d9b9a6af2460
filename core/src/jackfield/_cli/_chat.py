"""``jackfield chat``."""

from __future__ import annotations

from typing import Any

import click

from ._options import as_json, destination, given, read_stdin

__all__ = ["chat"]


@click.command()
@click.argument("model")
@click.argument("prompt", required=False)
@click.option("--system", metavar="TEXT", help="A system message to go before the prompt.")
@click.option("--temperature", type=float, metavar="NUMBER", help="How freely the model chooses.")
@click.option("--no-stream", is_flag=True, help="Print the answer when it is whole, not as it arrives.")
@as_json
@destination
def chat(
    model: str,
    prompt: str | None,
    system: str | None,
    temperature: float | None,
    *,
    no_stream: bool,
    as_json: bool,
    api_base: str | None,
    api_key: str | None,
) -> None:
    """Ask MODEL; the answer appears as it arrives.

    PROMPT is a text; without it, or with -, it is read from stdin.
    """
    messages = [{"role": "system", "content": system}] if system is not None else []
    text = read_stdin("a PROMPT") if prompt in (None, "-") else prompt
    messages.append({"role": "user", "content": text})
    call = given(model=model, messages=messages, temperature=temperature, api_base=api_base, api_key=api_key)
    if as_json or no_stream:
        _print_whole(call, as_json=as_json)
    else:
        _print_stream(call)


def _print_whole(call: dict[str, Any], *, as_json: bool) -> None:
    from .. import completion

    answer = completion(**call)
    click.echo(answer.model_dump_json(indent=2, exclude_none=True) if as_json else answer.choices[0].message.content)


def _print_stream(call: dict[str, Any]) -> None:
    from .. import completion

    started = False
    try:
        with completion(**call, stream=True) as stream:
            for chunk in stream:
                for choice in chunk.choices[:1]:
                    started = True
                    click.echo(choice.delta.content or "", nl=False)
    finally:
        if started:
            click.echo()  # whatever comes next, an error or a prompt, begins on a line of its own
