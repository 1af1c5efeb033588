"""Searches over hyper-parameters with Optuna: kept in a file, and the same whether interrupted or not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

Method = Literal["random", "bayesian"]
Space = Mapping[str, BaseDistribution]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What was tried, and its value: the larger, the better."""

    settings: dict[str, Any]
    value: float


def search(
    method: Method,
    space: Space,
    objective: Callable[[int, dict[str, Any]], float],
    *,
    trials: int,
    path: Path,
    seed: int,
    resume: bool = False,
    begun: Sequence[Trial] = (),
) -> list[Trial]:
    """Try `trials` points of `space`, all of them by chance or each by what the earlier ones gave.

    Args:
        method: `random` (Bergstra and Bengio 2012), or `bayesian`: the tree-structured Parzen estimator
            (Bergstra et al. 2011), which asks for the point that most probably belongs to the better ones.
        objective: the value of one trial, given its number (from 0) and its settings.
        path: the file (an Optuna journal) that keeps the trials; with `resume` they are not repeated.
        begun: trials of another search that count as the first of this one.

    Returns:
        All trials, in the order in which they were made.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not resume:
        path.unlink(missing_ok=True)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(path))),
        study_name=method,
        direction="maximize",
        load_if_exists=True,
    )
    for killed in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(killed.number, state=TrialState.FAIL)
    for number in range(len(_complete(study)), trials):
        if number < len(begun):
            study.add_trial(_added(begun[number], space))
            continue
        # A sampler of its own for each trial: a search that was interrupted draws what it would have drawn.
        study.sampler = _sampler(method, seed + number, len(begun))
        trial = study.ask(dict(space))
        study.tell(trial, objective(number, trial.params))
    return [Trial(settings=each.params, value=float(each.values[0])) for each in _complete(study)]


def best(trials: Sequence[Trial]) -> Trial:
    """The trial of the largest value; the first of equals."""
    return max(trials, key=lambda trial: trial.value)


def best_so_far(trials: Sequence[Trial]) -> list[float]:
    """After each trial, the largest value until then."""
    return [best(trials[: number + 1]).value for number in range(len(trials))]


def _complete(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(states=(TrialState.COMPLETE,))


def _added(trial: Trial, space: Space) -> optuna.trial.FrozenTrial:
    return optuna.trial.create_trial(params=trial.settings, distributions=dict(space), value=trial.value)


def _sampler(method: Method, seed: int, begun: int) -> optuna.samplers.BaseSampler:
    if method == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=begun)
