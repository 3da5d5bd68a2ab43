"""The rules of `test_machine_model`: what people, clients, the clock, sensors and power cuts can do to a lock."""
