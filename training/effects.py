"""What happens to a part between the instrument and the desk: distortion with a cabinet, chorus, echo."""

import numpy as np
from scipy.signal import butter, sosfilt

from music import SAMPLE_RATE, Dice, Note


def effects(sound: np.ndarray, dice: Dice, is_bass: bool = False, is_guitar: bool = False) -> np.ndarray:
    sound = sound / (np.abs(sound).max() + 1e-9)
    if (is_guitar and dice.random() < 0.6) or dice.random() < (0.25 if is_bass else 0.06):
        sound = distort(sound, dice, is_bass)
    if dice.random() < (0.1 if is_bass else 0.3):
        sound = chorus(sound, dice)
    if not is_bass and dice.random() < 0.2:
        sound = echo(sound, dice)
    return sound.astype(np.float32)


def distort(sound: np.ndarray, dice: Dice, is_bass: bool) -> np.ndarray:
    """Amplifier and cabinet; a bass keeps some of its clean sound, a guitar may be played twice."""
    drive = 2 ** dice.uniform(1, 3) if is_bass else 2 ** dice.uniform(2, 6)
    clean = dice.uniform(0, 0.7) if is_bass else 0
    low, high = (35, dice.uniform(2000, 5000)) if is_bass else (dice.uniform(70, 140), dice.uniform(3500, 7000))
    amplified = np.tanh(sound.mean(0) * drive + 0.1) - np.tanh(0.1)
    cabinet = butter(2, [low, high], 'band', fs=SAMPLE_RATE, output='sos')
    amplified = sosfilt(cabinet, amplified).astype(np.float32)
    is_doubled = not is_bass and dice.random() < 0.5
    second = np.roll(amplified, int(dice.uniform(0.008, 0.025) * SAMPLE_RATE)) if is_doubled else amplified
    both = np.stack([amplified, second])
    return both / (np.abs(both).max() + 1e-9) + clean * sound


def chorus(sound: np.ndarray, dice: Dice) -> np.ndarray:
    samples = sound.shape[1]
    time = np.arange(samples)
    delay = SAMPLE_RATE * (0.012 + 0.004 * np.sin(2 * np.pi * dice.uniform(0.2, 1.5) * time / SAMPLE_RATE))
    place = np.clip(time - delay.astype(int), 0, samples - 1)
    side = -1 if dice.random() < 0.3 else 1
    return sound + 0.6 * np.stack([sound[0][place], side * sound[1][place]])


def echo(sound: np.ndarray, dice: Dice) -> np.ndarray:
    """Three repeats that change sides."""
    delay = int(dice.uniform(0.15, 0.5) * SAMPLE_RATE)
    gain = dice.uniform(0.2, 0.5)
    result = sound.copy()
    for repeat in range(1, 4):
        if delay * repeat < sound.shape[1]:
            source = sound if repeat % 2 == 0 else sound[::-1]
            result[:, delay * repeat :] += source[:, : -delay * repeat] * gain**repeat
    return result


def pumping(kicks: list[Note], samples: int, dice: Dice) -> np.ndarray:
    """The gain of a compressor that listens to the kick: float32 [samples]."""
    gain = np.ones(samples, np.float32)
    depth, release = dice.uniform(0.4, 0.95), dice.uniform(0.08, 0.25)
    dip = (1 - depth * np.exp(-np.arange(int(release * 3 * SAMPLE_RATE)) / SAMPLE_RATE / release)).astype(np.float32)
    for kick in kicks:
        start = int(kick.start * SAMPLE_RATE)
        length = min(len(dip), samples - start)
        if length > 0:
            gain[start : start + length] = np.minimum(gain[start : start + length], dip[:length])
    return gain


def panned(sound: np.ndarray, pan: float) -> np.ndarray:
    """`pan` from -1 (left) to 1 (right)."""
    return sound * np.array([[min(1, 1 - pan)], [min(1, 1 + pan)]], np.float32)
