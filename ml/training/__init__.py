"""Training from recipes: `run` trains, `measure` computes a finished model's figures again, `report` its report."""

from ml.training.run import measure, report, run

__all__ = ["measure", "report", "run"]
