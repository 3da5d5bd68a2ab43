"""`scripts/pictures`: from the pictures that the system tests took, those of the documentation, as small files."""

import argparse
import sys
from pathlib import Path
from typing import Final

from PIL import Image

PICTURES: Final = {
    "dashboard": "dashboard-wide-light",
    "dashboard-phone": "dashboard-phone-dark",
    "device": "device-light",
    "door": "door-palm6068-desktop-light",
    "door-dl50fvs": "door-dl50fvs-desktop-light",
    "door-l2s": "door-l2s-desktop-dark",
    "door-phone": "door-palm6068-phone-dark",
    "action": "flow-action",
    "credentials": "flow-credentials",
    "enrolment": "enrolment",
    "pairing": "pairing",
    "people": "people",
    "person": "person",
    "person-device": "person-device-light",
    "schedule": "flow-schedule",
    "triggers": "triggers",
    "visitor": "visitor",
}
"""Their names in docs/images, and those in the tests."""

_COLOURS: Final = 256
_AS_IT_IS: Final = 120_000
_LARGEST: Final = 220_000


def main() -> int:
    """Take them over; large ones get a palette of their own."""
    parser = argparse.ArgumentParser(prog="scripts/pictures", description=__doc__)
    parser.add_argument("taken", type=Path, help="the folder where the tests left theirs")
    parser.add_argument("kept", type=Path, help="the folder for those of the documentation")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    status = 0
    for name, taken in PICTURES.items():
        kept: Path = options.kept / f"{name}.png"
        with Image.open(options.taken / f"{taken}.png") as opened:
            picture = opened.convert("RGB")
        picture.save(kept, optimize=True)
        if kept.stat().st_size > _AS_IT_IS:
            _few_colours(picture).save(kept, optimize=True)
        size = kept.stat().st_size
        sys.stdout.write(f"{kept}: {size // 1000} KB\n")
        if size > _LARGEST:
            sys.stderr.write(f"{kept} is larger than {_LARGEST // 1000} KB\n")
            status = 1
    return status


def _few_colours(picture: Image.Image) -> Image.Image:
    # A colour that covers little, such as a lamp's, keeps its place in the palette; dithering spares the eye the steps.
    palette = picture.quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
    return picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


if __name__ == "__main__":
    sys.exit(main())
