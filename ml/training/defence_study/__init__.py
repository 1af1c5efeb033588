"""Each defence alone and combined, on one small network."""
