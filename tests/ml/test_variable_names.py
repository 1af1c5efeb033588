"""A weight file names its arrays by the network's variables, whatever was built before in the process."""

import pytest

from ml import architectures

SMALL = {
    "simple-cnn": {},
    "digits-cnn": {"widths": [2, 2], "dense": 4},
    "digits-cnn-gru": {"widths": [2, 2], "units": [3, 2]},
}
OTHERS = sorted(set(architectures.FAMILIES) - set(SMALL) - {"keras-config", "logistic-regression"})


@pytest.mark.parametrize("family", [*SMALL, *OTHERS])
def test_a_second_network_of_a_family_has_the_same_variable_names(family):
    first, second = (architectures.build(family, **SMALL.get(family, {})) for _ in range(2))
    assert [each.path for each in first.weights] == [each.path for each in second.weights]
