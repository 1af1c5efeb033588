"""Models for digits: networks, estimators, and all of them together."""
