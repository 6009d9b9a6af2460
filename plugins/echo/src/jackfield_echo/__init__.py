"""A Jackfield provider that needs no network: it answers with what it was told."""
