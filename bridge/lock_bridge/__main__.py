"""The command `lock-bridge`."""

import sys

from lock_bridge.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
