"""Training from recipes: `run` trains, `measure` computes a finished model's figures again."""

from ml.training.run import measure, run

__all__ = ["measure", "run"]
