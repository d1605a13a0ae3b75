"""SDR of the whole cascade (voice network, then ours) on rendered songs: python evaluate.py {validation,test} FILE…

FILE is an ONNX graph, a run's .pt or an .npz; 'dsp' is median filtering plus a low-pass, the least that must be beaten. Choose by
the validation set; run the test set once per release.
"""

import argparse
import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sources import WORK
from spectrum import BINS, FRAME, HOP, SEGMENT, STEMS, extend, istft, sdr, stft
from voice import VoiceMask, rest_of

SAMPLES = SEGMENT * HOP - 2048
PARTS = (*STEMS, 'vocals')
TEMPERATURES = (1.0, 1.5, 2.0, 2.5)

# What maps [2, 512, 1024] magnitudes to masks [3, 2, 512, 1024].
Masks = Callable[[np.ndarray], np.ndarray]


def rendered_songs(name: str) -> list[np.ndarray]:
    """[4, 2, SAMPLES] of every song with all parts: of four places the one where the quietest part is loudest, at fixed gains."""
    dice = random.Random(5)
    folder = WORK / 'songs' / name
    songs = []
    for drums in sorted(folder.glob('song-*_drums.npy')):
        files = [Path(str(drums).replace('_drums', f'_{part}')) for part in PARTS]
        if not all(file.exists() for file in files):
            continue
        parts = [np.load(file, mmap_mode='r') for file in files]
        length = min(part.shape[1] for part in parts)
        if length < SAMPLES:
            continue
        places = [dice.randrange(length - SAMPLES + 1) for _ in range(4)]
        crops = [[np.asarray(part[:, at : at + SAMPLES], np.float32) / 32767 for part in parts] for at in places]
        best = max(crops, key=lambda crop: min(part.std() for part in crop))
        gains = [10 ** (dice.gauss(-22, 2.5) / 20) for _ in PARTS]
        if min(part.std() for part in best) >= 0.003:
            songs.append(np.stack([part / part.std() * gain for part, gain in zip(best, gains, strict=True)]))
    return songs


def validation_songs() -> list[np.ndarray]:
    return rendered_songs('validation')


def masks_of_network(network, temperature: float = 1.0) -> Masks:
    import torch

    def masks(magnitude: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return (network(torch.from_numpy(magnitude[None])).float() / temperature).softmax(1).numpy()[0]

    return masks


def masks_of_graph(path: str) -> Masks:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    return lambda magnitude: np.stack(session.run(list(STEMS), {'magnitude': magnitude[None]}))[:, 0]


def masks_by_hand(magnitude: np.ndarray) -> np.ndarray:
    """Harmonic/percussive separation by median filtering (Fitzgerald, DAFx 2010), and a low-pass for the bass."""
    from scipy.ndimage import median_filter

    mean = magnitude.mean(0)
    harmonic, percussive = median_filter(mean, (17, 1)), median_filter(mean, (1, 31))
    drums = percussive**2 / (percussive**2 + harmonic**2 + 1e-9)
    low = 1 / (1 + (np.arange(BINS) * 44_100 / FRAME / 180) ** 8)
    bass = (1 - drums) * low
    return np.stack([drums, bass, 1 - drums - bass])[:, None].repeat(2, 1)


def cascade(mix: np.ndarray, masks: Masks, voice: VoiceMask) -> list[np.ndarray]:
    """drums, bass and other of a mix [2, SAMPLES], as the product makes them."""
    spectrum = stft(mix)
    magnitude = np.abs(spectrum[:, :, :BINS]).astype(np.float32)
    keep = rest_of(magnitude, voice)
    heard = np.pad(magnitude * keep, ((0, 0), (0, -magnitude.shape[1] % SEGMENT), (0, 0)))
    found = [masks(np.ascontiguousarray(heard[:, at : at + SEGMENT])) for at in range(0, heard.shape[1], SEGMENT)]
    whole = np.concatenate(found, 2)[:, :, : magnitude.shape[1]]
    rest = spectrum * extend(keep)
    return [istft(rest * extend(mask), mix.shape[1]) for mask in whole]


def scores(masks: Masks, songs: list[np.ndarray]) -> np.ndarray:
    """[songs, 3] SDR in dB."""
    voice = VoiceMask()
    rows = []
    for parts in songs:
        estimates = cascade(parts.sum(0), masks, voice)
        rows.append([sdr(part, estimate) for part, estimate in zip(parts, estimates, strict=False)])
    return np.array(rows)


def score(network, songs: list[np.ndarray]) -> dict[str, list[float]]:
    """Mean SDR of drums, bass, other at two temperatures of the softmax."""
    was_training = network.training
    network.eval()
    found = {f'T={t}': scores(masks_of_network(network, t), songs).mean(0).round(2).tolist() for t in (1.0, 2.0)}
    network.train(was_training)
    return found


def main() -> None:
    from network import network_of

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('set', choices=['validation', 'test'])
    parser.add_argument('files', nargs='*')
    parser.add_argument('--between', type=Path, help='other weights; what is evaluated lies between them and those of a run')
    parser.add_argument('--shares', type=float, nargs='+', default=[1.0], help='of the way from --between to the run')
    options = parser.parse_args()
    os.nice(19 - os.nice(0))
    songs = rendered_songs(options.set)
    print(f'{len(songs)} songs; mean SDR of drums, bass, other, and of all')
    for file in ['dsp', *options.files]:
        if file.endswith(('.pt', '.npz')):
            shares = options.shares if options.between else [1.0]
            networks = {share: network_of(Path(file), options.between, share) for share in shares}
            rows = {f'{file} share={share} T={t}': masks_of_network(networks[share], t) for share in shares for t in TEMPERATURES}
        else:
            rows = {file: masks_by_hand if file == 'dsp' else masks_of_graph(file)}
        for name, masks in rows.items():
            found = scores(masks, songs)
            mean, median = found.mean(0).round(2), np.median(found, 0).round(2)
            print(f'{name}: {mean} mean {found.mean():.2f}, median {median}', flush=True)


if __name__ == '__main__':
    main()
