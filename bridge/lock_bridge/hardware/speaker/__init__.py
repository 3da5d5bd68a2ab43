"""A loudspeaker of the machine: prompts made once by espeak-ng, tones of our own, both played through ALSA."""
