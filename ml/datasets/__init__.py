"""Loaders of the data that models learn from: found on this machine, or fetched once."""
