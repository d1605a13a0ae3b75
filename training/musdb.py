"""Writes the rendered songs that are evaluated in MUSDB's layout, 16 bits: python musdb.py {validation,test} FOLDER."""

import argparse
from pathlib import Path

import numpy as np
import soundfile

from evaluate import PARTS, rendered_songs
from music import SAMPLE_RATE

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('set', choices=['validation', 'test'])
parser.add_argument('folder', type=Path)
options = parser.parse_args()
for number, parts in enumerate(rendered_songs(options.set)):
    place = options.folder / f'song-{number:02d}'
    place.mkdir(parents=True, exist_ok=True)
    whole = np.rint(parts * (32_000 / np.abs(parts.sum(0)).max())).astype(np.int16)
    for name, sound in [*zip(PARTS, whole, strict=True), ('mixture', whole.sum(0, dtype=np.int16))]:
        soundfile.write(place / f'{name}.wav', sound.T, SAMPLE_RATE, 'PCM_16')
