"""The voice network as the product runs it: what it leaves of a mix is what the other network hears."""

import numpy as np
import onnxruntime
from pathlib import Path

from spectrum import BINS, FRAME, LEVEL, SEGMENT, soften

MODEL = Path(__file__).parent.parent / 'models/spleeter-2stems/model.onnx'


class VoiceMask:
    def __init__(self, threads: int = 2):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry('session.intra_op.allow_spinning', '0')
        self._session = onnxruntime.InferenceSession(str(MODEL), options, providers=['CPUExecutionProvider'])

    def __call__(self, magnitude: np.ndarray) -> np.ndarray:
        """[2, 512, 1024] -> the mask of the voice, the same shape. `magnitude` is brought to -16 dBFS first."""
        levelled = np.ascontiguousarray(magnitude[None] * (LEVEL / loudness(magnitude)), np.float32)
        return soften(self._session.run(['vocals'], {'magnitude': levelled})[0][0])


def loudness(magnitude: np.ndarray) -> float:
    """The RMS of the sound behind [2, frames, 1024] magnitudes (Parseval; a Hann window passes 3/8 of the energy)."""
    energy = (magnitude.astype(np.float64) ** 2).sum(-1).mean()
    return float(np.sqrt(energy / (FRAME * FRAME * 0.1875))) + 1e-9


def rest_of(magnitude: np.ndarray, mask: VoiceMask) -> np.ndarray:
    """What is left of [2, frames, 1024] without the voice: 1 - mask, over segments that follow each other."""
    frames = magnitude.shape[1]
    padded = np.pad(magnitude, ((0, 0), (0, -frames % SEGMENT), (0, 0)))
    masks = [mask(padded[:, at : at + SEGMENT]) for at in range(0, padded.shape[1], SEGMENT)]
    return 1 - np.concatenate(masks, 1)[:, :frames, :BINS]
