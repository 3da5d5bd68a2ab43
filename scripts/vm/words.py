"""What both sides of the guest call things."""

from typing import Final

PORT: Final = "lock_bridge.agent"
"""The virtio port between them."""
