"""A training that is stopped in its middle."""

import keras


class Stop(keras.callbacks.Callback):
    """Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch: int, batch: int = 5) -> None:
        super().__init__()
        self.epoch, self.batch = epoch, batch

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        self.now = epoch

    def on_train_batch_end(self, batch: int, logs=None) -> None:
        if (self.now, batch) == (self.epoch, self.batch):
            raise KeyboardInterrupt
