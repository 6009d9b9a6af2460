"""Servers of LiteLLM's older custom/ format, as a Jackfield provider."""
