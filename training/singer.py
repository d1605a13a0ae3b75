"""A singer made of speech: espeak-ng says words, linear prediction takes their vowels off the larynx, and a larynx of our
own sings them to a melody. Nobody would pay to hear it, but a voice network takes it for a voice and leaves the residue
of one behind, which the network for the other parts must learn to live with."""

import io
import subprocess

import numpy as np
import soundfile
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter, resample_poly

from music import SAMPLE_RATE, Dice, Note

RATE = 22_050  # espeak-ng's own
ORDER = 24
FRAME = 441  # 20 ms
HOP = 220
VOICES = ['en', 'en-us', 'de', 'fr', 'es', 'it', 'pt', 'sv', 'nl', 'pl']
VARIANTS = ['m1', 'm2', 'm3', 'm5', 'm7', 'f1', 'f2', 'f3', 'f4']
HELD_OUT_VARIANTS = ['m4', 'm6', 'f5', 'klatt2']
SYLLABLES = 'la lo na mi so re du ba yeah oh night light heart love day away you me sky fire dance tonight run rain home'.split()


def speak(words: str, dice: Dice, is_held_out: bool) -> np.ndarray:
    """Mono speech at 22,050 Hz."""
    voice = f'{dice.choice(VOICES)}+{dice.choice(HELD_OUT_VARIANTS if is_held_out else VARIANTS)}'
    command = ['espeak-ng', '--stdout', '-v', voice, '-s', str(dice.randint(90, 150)), words]
    wave = subprocess.run(command, capture_output=True, check=True).stdout
    sound, rate = soundfile.read(io.BytesIO(wave), dtype='float32')
    if rate != RATE:
        raise ValueError(f'espeak-ng speaks at {rate} Hz, not {RATE}')
    return sound


def sing(notes: list[Note], samples: int, dice: Dice, is_held_out: bool = False) -> np.ndarray:
    """Float32 [2, samples]: the words of a random text, stretched over the notes of a melody, with vibrato and breath."""
    words = ' '.join(dice.choice(SYLLABLES) for _ in range(24))
    speech = speak(words, dice, is_held_out)
    frames = analyse(speech)
    sound = np.zeros(int(samples / SAMPLE_RATE * RATE) + RATE * 2, np.float32)
    place = 0
    for note in notes:
        count = max(4, int(min(note.duration, 4) * RATE / HOP))
        at = int(note.start * RATE)
        # Consonants at their own pace, then the vowel is held.
        spoken = min(count, dice.randint(12, 22))
        wanted = [(place + min(i, spoken)) % len(frames) for i in range(count)]
        place = (place + spoken) % len(frames)
        sung = voice_of([frames[i] for i in wanted], note, dice)
        end = min(at + len(sung), len(sound))
        if at < end:
            sound[at:end] += sung[: end - at] * (0.4 + 0.6 * note.velocity)
    high = resample_poly(sound, SAMPLE_RATE // RATE, 1)[:samples].astype(np.float32)
    high = np.pad(high, (0, samples - len(high)))
    delay = dice.randint(300, 900)
    double = np.roll(high, delay) * dice.choice([0, 0, 0.4])
    return np.stack([high + double, high - double])


def analyse(speech: np.ndarray) -> list[tuple[np.ndarray, float, float]]:
    """For each frame: predictor, gain of the residue, and how much of it is breath (0 to 1)."""
    window = np.hanning(FRAME)
    frames = []
    for start in range(0, len(speech) - FRAME, HOP):
        part = speech[start : start + FRAME] * window
        power = float((part**2).mean())
        if power < 1e-6:
            continue
        emphasised = np.append(part[0], part[1:] - 0.9 * part[:-1])
        correlation = np.correlate(emphasised, emphasised, 'full')[FRAME - 1 : FRAME + ORDER]
        correlation[0] *= 1.0001
        predictor = np.concatenate([[1], -solve_toeplitz(correlation[:ORDER], correlation[1 : ORDER + 1])])
        crossings = float((np.diff(np.signbit(part)) != 0).mean())
        frames.append((predictor, np.sqrt(power), min(1, max(0.02, (crossings - 0.15) * 4))))
    return frames


def voice_of(frames: list[tuple[np.ndarray, float, float]], note: Note, dice: Dice) -> np.ndarray:
    """One note: pulses at the pitch, through the vowels' filters."""
    count = len(frames) * HOP
    time = np.arange(count) / RATE
    vibrato = dice.uniform(0.1, 0.5) * np.minimum(1, time / 0.4) * np.sin(2 * np.pi * dice.uniform(4.5, 6.5) * time)
    scoop = -dice.uniform(0, 2) * np.exp(-time / 0.05)
    frequency = 440 * 2 ** ((note.pitch - 69 + vibrato + scoop) / 12)
    phase = np.cumsum(frequency / RATE)
    pulses = np.diff(np.floor(phase), prepend=0) * np.sqrt(RATE / frequency)
    pulses = lfilter([1], [1, -0.9], pulses)
    breath = dice.noise.standard_normal(count)
    sound, memory = np.zeros(count), np.zeros(ORDER)
    for index, (predictor, gain, noise) in enumerate(frames):
        span = slice(index * HOP, (index + 1) * HOP)
        excitation = pulses[span] * (1 - noise) + breath[span] * noise * 0.5
        filtered, memory = lfilter([1], predictor, excitation, zi=memory)
        sound[span] = filtered / (np.sqrt((filtered**2).mean()) + 1e-3) * gain
    envelope = np.minimum(1, np.minimum(time / 0.03, (time[-1] - time) / 0.06))
    return (sound * envelope).astype(np.float32)


def melody(seconds: float, dice: Dice) -> list[Note]:
    """Phrases with rests between them, in a random scale."""
    scale = [0, 2, 4, 5, 7, 9, 11] if dice.random() < 0.6 else [0, 2, 3, 5, 7, 8, 10]
    key, degree, beat = dice.randint(48, 60), dice.randint(0, 7), 60 / dice.uniform(70, 150)
    notes, now = [], dice.uniform(0, 2)
    while now < seconds:
        for _ in range(dice.randint(3, 9)):
            degree = min(13, max(0, degree + dice.choice([-2, -1, -1, 0, 1, 1, 2, 3])))
            length = beat * dice.choice([0.5, 0.5, 1, 1, 2])
            pitch = key + 12 * (degree // 7) + scale[degree % 7]
            notes.append(Note(now, length * 0.95, pitch, dice.uniform(0.5, 1)))
            now += length
        now += beat * dice.choice([1, 2, 4])
    return [note for note in notes if note.start < seconds]
