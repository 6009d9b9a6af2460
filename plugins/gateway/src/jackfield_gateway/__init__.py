"""Every OpenAI and Anthropic client reaches every Jackfield provider, over HTTP."""
