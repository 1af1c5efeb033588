"""Measuring models: on clean data and, later, under attack."""
