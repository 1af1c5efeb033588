"""What writes. Other apps use what is named here; nothing in it loads TensorFlow before it answers."""

from predictor.services.deletion import owner_delete
from predictor.services.export import export_for

__all__ = ["export_for", "owner_delete"]
