"""The adversarial challenge: its own protocol, its slips, and the honest one."""
