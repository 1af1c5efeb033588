"""The version of Epsilon, as cards and rows record it."""

VERSION = "0.1.0"
