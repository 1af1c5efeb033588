"""Classifiers compared, and the images they see in a class."""
