"""What a model has learned, shown as pictures."""
