"""`manage.py bench`: speed beside the peers, alternating in one run, with the outputs compared."""
