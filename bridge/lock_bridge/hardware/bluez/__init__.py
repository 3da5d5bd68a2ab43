"""The lock's Bluetooth key through BlueZ, and the machine's own Wi-Fi (VER-14, DLM-9, PWR-3)."""
