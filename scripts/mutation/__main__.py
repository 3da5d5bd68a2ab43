"""Runs the tests against each mutant: python -m mutation --modules a,b [--at-least 90] -- PYTEST_ARGUMENTS."""

import argparse
import sys

import pytest

from .run import Mutation


def main(arguments: list[str]) -> int:
    """0 when enough mutants are killed."""
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__)
    parser.add_argument("--package", default="lock_bridge.engine")
    parser.add_argument("--modules", required=True, help="names within the package, with commas")
    parser.add_argument("--at-least", type=float, default=90.0, help="percent that must be killed")
    parser.add_argument("tests", nargs="+", help="pytest's arguments")
    options = parser.parse_args(arguments)
    mutation = Mutation([f"{options.package}.{name}" for name in options.modules.split(",")])
    # What a plugin keeps between runs, or starts beside them, has no part in this.
    status = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *options.tests], plugins=[mutation])
    if mutation.outcomes is None:
        print("The tests fail, or there are none: there is nothing to measure.")
        return int(status) or 1
    print(mutation.report())
    return 0 if mutation.percent >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
