"""Detectors of attacked images, fitted to a model of the zoo."""
