"""demucs-onnx (PyPI) on a graph of this machine: python demucs_reference.py GRAPH SONG.wav OUT, four float32 files."""

import sys
from pathlib import Path

import numpy as np
from demucs_onnx import inference

graph, song, out = sys.argv[1:]
audio, _ = inference.load_audio(song, target_sr=inference.SAMPLE_RATE)
session = inference.SessionPool().get(graph, ['CPUExecutionProvider'])
stems = inference._chunked_separate_single(session, inference.SOURCES, audio, progress=False)
Path(out).mkdir(parents=True, exist_ok=True)
for name, sound in stems.items():
    np.ascontiguousarray(sound.T, np.float32).tofile(Path(out, f'{name}.f32'))
    inference.write_wav(Path(out, f'{name}.wav'), sound, inference.SAMPLE_RATE)
