"""Reading what a query or a form says about an image: which model, which target, how many steps."""

from collections.abc import Mapping

from ml import epsilon
from ml.errors import EpsilonRefused, sentence
from predictor import access, numbers, selectors
from predictor.models import Image
from predictor.services.choice import AUTO, choice_check, model_for
from predictor.services.upload import pixels_of


def model_of(values: Mapping[str, str], image: Image) -> str:
    """The model that was named; without one the last that answered, or the one that fits the picture.

    Raises:
        OptionRefused: there is no such model.
    """
    named = values.get("model", "")
    if named:
        choice_check(named)
        return named
    last = selectors.last_model_of(image=image)
    if last in access.model_names():
        return last
    return model_for(choice=AUTO, pixels=pixels_of(image))


def whole(values: Mapping[str, str], name: str, default: int, *, low: int = 1) -> int:
    """A whole number of the query, from `low` to 255.

    Raises:
        EpsilonRefused: not a number, or outside that range.
    """
    text = values.get(name, "") or str(default)
    value = numbers.whole(text)
    if value is not None and low <= value <= epsilon.LEVELS:
        return value
    raise EpsilonRefused(
        sentence("“%(name)s” must be a whole number from %(low)s to %(high)s."),
        name=name,
        low=low,
        high=epsilon.LEVELS,
    )
