"""Any server that speaks OpenAI's format, as a Jackfield provider."""
