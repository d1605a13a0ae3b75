"""museval 0.4.1 on stereo 16-bit samples: python museval_reference.py FOLDER STEM…, one line of SDRs (dB), a stem each."""

import sys
import types
from pathlib import Path

import numpy as np

sys.modules['musdb'] = types.ModuleType('musdb')  # reads songs, which is not needed here, and wants an ffmpeg to be installed
import museval  # noqa: E402

folder, *stems = sys.argv[1:]


def read(kind):
    files = [Path(folder, f'{stem}.{kind}.s16') for stem in stems]
    return np.stack([np.fromfile(file, '<i2').reshape(-1, 2).astype(np.float64) for file in files])


sdr, *_ = museval.evaluate(read('truth'), read('estimate'), win=44_100, hop=44_100, mode='v4')
print(*np.nanmedian(sdr, 1))
