"""Photos in class folders."""
