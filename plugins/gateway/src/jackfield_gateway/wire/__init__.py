"""The wire formats of OpenAI and Anthropic, as pure functions: bodies in, answers and errors out; no I/O."""
