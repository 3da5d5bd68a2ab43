"""The Bluetooth key (VER-14, DLM-9) between a visitor's phone and the lock: docs/protocol.md, "The Bluetooth key".

Bytes in, bytes out; no radio, no clock. The lock's end is `hardware/bluez`; the visitor's are `lock-bridge key` and the
web page.
"""
