"""The operators' reference page, made of the tables that configs are read with.

``python -m jackfield_gateway.config._docs docs/operators/configuration.md`` writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from ._keys import GENERAL, HANDLER, ROUTER, SETTINGS, TOP
from ._litellm_keys import FOREIGN, Foreign
from ._model_keys import INFO, MODEL, PARAMS
from ._section import Key, Section

__all__ = ["EXAMPLE", "reference"]

EXAMPLE = """\
model_list:
  - model_name: fast                       # two deployments of one group
    litellm_params:
      model: openai/gpt-4o-mini
      api_key: os.environ/OPENAI_API_KEY
      weight: 3
  - model_name: fast
    litellm_params:
      model: openai/llama-3.1-8b
      api_base: ${LLAMA_BASE:-http://127.0.0.1:8000/v1}
      api_key: ${LLAMA_KEY:-}
      temperature: 0.2                     # sent with each call
  - model_name: house/*                    # house/small calls my-house/small
    litellm_params:
      model: my-house/*

litellm_settings:
  custom_provider_map:
    - {"provider": "my-house", "custom_handler": custom_handler.my_house}
  num_retries: 2
  fallbacks: [{fast: [house/small]}]

general_settings:
  master_key: os.environ/GATEWAY_MASTER_KEY

router_settings:
  routing_strategy: least-busy
  model_group_alias: {gpt-4o-mini: fast}
"""

HEAD = f"""\
# The config file

`jackfield serve --config config.yaml` reads one YAML file, in the shape of LiteLLM's. `jackfield serve --check
config.yaml` reads it, imports what it names, and serves nothing.

```yaml
{EXAMPLE}```

It is read strictly: an unknown key, a key that stands twice, a wrong type, a variable that is not set are errors, and
all of them are told at once, each with file, line and column. The one exception is a deployment's missing `api_key`.

## Variables

| in a text | means |
|---|---|
| `os.environ/NAME` | the variable, where that is the whole value |
| `${{NAME}}` | the variable, anywhere in a text |
| `${{NAME:-default}}` | the variable, or the default where it is not set or empty |
| `$${{` | the characters `${{` |

What a variable holds is a text; a number or a flag is read from it where the key takes one. Among the parameters of a
model, which may be anything, a `${{NAME}}` that stands alone and without quotes is read as YAML would read its text,
and an `os.environ/NAME` stays a text.

A date is a text in this file, and `1e-6` a number. Anchors, aliases and `<<` work.
"""

TAIL = """\
## Handlers and callbacks

`module.object` is an object in `module.py` beside the file that names it (`package.module.object`: in
`package/module.py`), or else in an installed module. A file is executed once, however often it is named; files beside
it can `import` it and each other. A changed file is executed when the gateway is started anew, not on SIGHUP.

Installed provider plugins need no entry: `model: their-name/model` is enough.

## LiteLLM's other keys

A key that changes nothing here is a warning in the log. One whose absence would change what happens, or what is
allowed, is an error, unless it is switched off (`false` or empty): nobody shall believe that a budget or a guardrail
is at work.
"""


def reference() -> str:
    """Return the page."""
    parts = [HEAD]
    for title, section in (
        ("The file", TOP),
        ("model_list", MODEL),
        ("litellm_params", PARAMS),
        ("model_info", INFO),
        ("litellm_settings", SETTINGS),
        ("custom_provider_map", HANDLER),
        ("general_settings", GENERAL),
        ("router_settings", ROUTER),
    ):
        parts += [f"## {title}\n", *_about(section), _table(section.keys)]
    return "\n".join([*parts, TAIL, _foreign_table(FOREIGN)])


def _about(section: Section) -> Iterable[str]:
    if section is PARAMS:
        yield (
            "A key that is none of these is a parameter, sent with each call: `temperature: 0.2`. What a client sends\n"
            "goes before it.\n"
        )
    if section is ROUTER:
        yield "LiteLLM's names of errors and Jackfield's both count in `retry_policy`.\n"


def _table(keys: Iterable[Key]) -> str:
    rows = ["| key | takes | without it | |", "|---|---|---|---|"]
    for key in keys:
        names = ", ".join(f"`{name}`" for name in (key.name, *key.also))
        rows.append(f"| {names} | {key.kind.text} | {key.default or '—'} | {key.meaning} |")
    return "\n".join(rows) + "\n"


def _foreign_table(foreign: Iterable[Foreign]) -> str:
    rows = ["| section | keys | | why |", "|---|---|---|---|"]
    for each in foreign:
        names = ", ".join(f"`{name}`" for name in each.names.split())
        section = "the top" if each.section == TOP.name else f"`{each.section}`"
        rows.append(f"| {section} | {names} | {'error' if each.refused else 'warning'} | {each.reason} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
