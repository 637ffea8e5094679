"""The command line: the only room that knows every package, and the only one that wires them together."""
