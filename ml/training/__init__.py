"""Training from recipes: `run` trains, `measure` and `report` test a finished model again."""

from ml.training.run import measure, report, run, unseen

__all__ = ["measure", "report", "run", "unseen"]
