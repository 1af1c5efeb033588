"""What writes runs; the worker's side of the queue is in `queue`."""

from experiments.services.export import export_for
from experiments.services.runs import owner_delete, run_cancel, run_delete, run_submit

__all__ = ["export_for", "owner_delete", "run_cancel", "run_delete", "run_submit"]
