"""A provider for hooks that are not like today's: this jackfield must not even import it."""

raise AssertionError("a plugin for a newer interface was imported")
