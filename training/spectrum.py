"""The spectrum both networks hear, and SDR. The same grid as the product's: 4096-point periodic Hann, hop 1024, 44,100 Hz."""

import numpy as np

FRAME = 4096
HOP = 1024
BINS = 1024  # what the networks hear: up to 11 kHz
SEGMENT = 512  # frames a network hears at once
STEMS = ('drums', 'bass', 'other')
LEVEL = 10 ** (-16 / 20)  # RMS of a segment before the networks

HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)


def stft(sound: np.ndarray) -> np.ndarray:
    """[2, n] -> complex64 [2, frames, 2049]; frame f is centred on sample 1024·f."""
    padded = np.pad(sound, ((0, 0), (FRAME // 2, FRAME // 2 + HOP)))
    frames = np.stack([np.lib.stride_tricks.sliding_window_view(channel, FRAME)[::HOP] for channel in padded])
    return np.fft.rfft(frames * HANN, axis=2).astype(np.complex64)


def istft(spectrum: np.ndarray, samples: int) -> np.ndarray:
    frames = np.fft.irfft(spectrum, axis=2) * HANN
    count = spectrum.shape[1]
    sound, weight = np.zeros((2, (count - 1) * HOP + FRAME)), np.zeros((count - 1) * HOP + FRAME)
    for frame in range(count):
        at = slice(frame * HOP, frame * HOP + FRAME)
        sound[:, at] += frames[:, frame]
        weight[at] += HANN**2
    return (sound / np.maximum(weight, 1e-8))[:, FRAME // 2 : FRAME // 2 + samples].astype(np.float32)


def sdr(reference: np.ndarray, estimate: np.ndarray) -> float:
    """10·log10 of the reference's energy over the error's, dB."""
    return float(10 * np.log10(((reference**2).sum() + 1e-9) / (((reference - estimate) ** 2).sum() + 1e-9)))


def extend(mask: np.ndarray) -> np.ndarray:
    """[..., 1024] -> [..., 2049]: above the last bin the mean of the mask goes on."""
    above = np.repeat(mask.mean(-1, keepdims=True), FRAME // 2 + 1 - BINS, -1)
    return np.concatenate([mask, above], -1)


def soften(mask: np.ndarray) -> np.ndarray:
    """v²/(v²+a²) -> v^1.5/(v^1.5+a^1.5), as the product does with the voice mask."""
    squared = np.clip(mask, 1e-12, 1)
    return 1 / (1 + ((1 - squared) / squared) ** 0.75)
