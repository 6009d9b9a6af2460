"""LiteLLM's CustomLLM handlers as Jackfield providers."""
