"""Each module draws some of the sample pictures; nothing here is imported by the site."""
