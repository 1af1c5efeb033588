"""Reports of runs: figures, tables and plots, written as one page, as JSON and as CSV.

report = Report(name=recipe.name, title=recipe.title, summary="What was asked, and what came out.",
                facts=facts(recipe, seed=seed, data=[path], started=started))
report.headline("CNN, MNIST test", 0.9965, theirs=0.99, at_least=0.996, aim=0.9979)
report.section("Errors", "Which digits are taken for which.", confusion)
report.write(output)
"""

from ml.report.blocks import Bars, Block, Lines, Matrix, Picture, Pictures, Table
from ml.report.facts import facts
from ml.report.report import Headline, Report, Section

__all__ = [
    "Bars",
    "Block",
    "Headline",
    "Lines",
    "Matrix",
    "Picture",
    "Pictures",
    "Report",
    "Section",
    "Table",
    "facts",
]
