"""What a `Classifier` asks of its network, as graphs: TensorFlow's (`traced`), and faster ones.

Each has a name, takes a batch (N, H, W, C) float32 in [0, 1] with what belongs to its rows, and gives arrays:

- `forward` (batch): logits
- `gradient` (batch, labels): ∂ Σ cross-entropy / ∂ batch
- `own` (batch, labels): logits, the same gradient; a label of −1 is the network's own answer
- `pullback` (batch, weights): logits, ∂ Σ weights · logits / ∂ batch
- `cross-entropy`, `margin` (batch, labels): logits, loss of each image, ∂ Σ loss / ∂ batch; the loss is
  large when the answer is not the label
- `cross-entropy-to`, `margin-to` (batch, labels, targets): the same of a loss that is large when the
  answer is the target

TensorFlow's graphs are what counts. Those of the inference runtime (`inference`) come from the same weights,
and are used only where they were seen to give the same answers.
"""

import numpy as np
import numpy.typing as npt

Outputs = tuple[npt.NDArray[np.float32], ...]
