"""The blocks that almost every training reports: curves, a table by class, a confusion matrix."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ml.evaluation import metrics
from ml.report.blocks import Lines, Matrix, Table

Labels = npt.NDArray[np.int64]


def curves(name: str, title: str, history: Mapping[str, Sequence[float]]) -> list[Lines]:
    """Loss and accuracy by epoch, training and validation, from the history that `ml.training.fit.fit` gives.

    The blocks are named `NAME-loss` and `NAME-accuracy`; one that has no figures in `history` is left out.
    """
    blocks = []
    for figure in ("loss", "accuracy"):
        series = {
            shown: list(enumerate(history[key], 1))
            for key, shown in ((figure, "training"), (f"val_{figure}", "validation"))
            if history.get(key)
        }
        if series:
            blocks.append(
                Lines(
                    name=f"{name}-{figure}",
                    title=f"{title}: {figure}",
                    x="epoch",
                    y=figure,
                    series=series,
                    percent=figure == "accuracy",
                )
            )
    return blocks


def classification(
    name: str, title: str, truth: Labels, answers: Labels, class_names: Sequence[str]
) -> Table:
    """Precision, recall, F1 and number of each class, accuracy and means: scikit-learn's figures.

    A class that is never answered has precision 0.
    """
    from sklearn.metrics import classification_report

    figures = classification_report(
        truth,
        answers,
        labels=range(len(class_names)),
        target_names=list(class_names),
        output_dict=True,
        zero_division=0,
    )
    columns = ("precision", "recall", "f1-score", "support")
    rows = [
        [shown, *(figures[shown][column] for column in columns[:3]), int(figures[shown]["support"])]
        for shown in (*class_names, "macro avg", "weighted avg")
    ]
    rows.insert(-2, ["accuracy", None, None, figures["accuracy"], len(truth)])
    return Table(
        name=name,
        title=title,
        columns=("class", *columns),
        rows=rows,
        formats=dict.fromkeys(columns[:3], ".2%"),
    )


def confusion(name: str, title: str, truth: Labels, answers: Labels, class_names: Sequence[str]) -> Matrix:
    """How many of each true class (row) were answered as which (column)."""
    counts = metrics.confusion_matrix(truth, answers, len(class_names))
    return Matrix(name=name, title=title, labels=list(class_names), counts=counts.tolist())
