"""Defences: trainings that make a network withstand attacks, detectors, certificates."""
