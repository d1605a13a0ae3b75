"""A small synthesiser: wavetables with a filter that closes, FM, an 808's sine, plucked strings. One random patch a call."""

import numpy as np

from music import SAMPLE_RATE, Dice, Note

TABLE = 2048
LEADS = ['saw', 'saw', 'supersaw', 'supersaw', 'square', 'pulse', 'organ', 'fm', 'pluck']
BASSES = ['saw', 'saw', 'square', 'pulse', 'triangle', 'sine808', 'fm', 'pluck', 'pluck', 'pluck']


class Patch:
    """The settings of a random sound; `kind` names its way of making it."""

    def __init__(self, dice: Dice, is_bass: bool, kind: str | None):
        self.kind = kind or dice.choice(BASSES if is_bass else LEADS)
        self.organ = dice.noise.random(9)
        self.phases = dice.noise.random(1100) * 2 * np.pi
        self.cutoff = 2 ** dice.uniform(1, 5)
        self.cutoff_sweep = 2 ** dice.uniform(-1, 3)
        self.resonance = dice.choice([0.7, 1, 2, 4])
        self.attack = dice.choice([0.002, 0.005, 0.01] if is_bass else [0.002, 0.005, 0.01, 0.05, 0.2])
        self.decay = dice.uniform(0.08, 0.8)
        self.sustain = dice.choice([0.2, 0.5, 0.8, 1] if is_bass else [0, 0.3, 0.6, 0.9])
        self.release = dice.uniform(0.03, 0.1) if is_bass else dice.choice([0.05, 0.2, 0.6])
        self.voices = dice.choice([1, 1, 2] if is_bass else [1, 2, 3])
        self.detune = dice.uniform(2, 9) if is_bass else dice.uniform(4, 20)
        self.spread = 0.0 if is_bass and dice.random() < 0.7 else dice.uniform(0.2, 1)
        if self.kind == 'supersaw':
            self.kind, self.voices, self.detune, self.spread = 'saw', dice.choice([4, 5, 6]), dice.uniform(10, 30), 1
        self.fm_ratio = dice.choice([1, 1, 2, 3, 0.5])
        self.fm_index = dice.uniform(0.5, 5)
        self.pick = dice.uniform(0.1, 0.3)
        self.damping = dice.uniform(0.4, 3) if is_bass else dice.uniform(1, 5)
        self.tone_damping = 2 ** dice.uniform(-1, 1.5)


def wavetable(patch: Patch, frequency: float, cutoff: float) -> np.ndarray:
    """One period, band-limited, through a resonant low-pass."""
    harmonics = int(min(TABLE / 2 - 1, 17_000 / frequency))
    h = np.arange(1, harmonics + 1)
    amplitude = {
        'saw': 1 / h,
        'square': (h % 2) / h,
        'pulse': np.abs(np.sin(np.pi * h * 0.22)) / h,
        'triangle': (h % 2) / h**2,
        'organ': np.isin(h, (1, 2, 3, 4, 6, 8)) * patch.organ[np.minimum(h - 1, 8)],
    }[patch.kind]
    x = h * frequency / cutoff
    amplitude = amplitude / np.sqrt((1 - x**2) ** 2 + (x / patch.resonance) ** 2)
    phase = -np.pi / 2 if patch.kind == 'saw' else patch.phases[:harmonics]
    spectrum = np.zeros(TABLE // 2 + 1, complex)
    spectrum[1 : harmonics + 1] = amplitude * np.exp(1j * phase)
    wave = np.fft.irfft(spectrum, TABLE)
    return (wave / (np.abs(wave).max() + 1e-9)).astype(np.float32)


def synthesise(notes: list[Note], samples: int, dice: Dice, is_bass: bool = False, kind: str | None = None) -> np.ndarray:
    """Float32 [2, samples]."""
    sound = np.zeros((2, samples + 3 * SAMPLE_RATE), np.float32)
    patch = Patch(dice, is_bass, kind)
    tables: dict = {}
    for note in notes:
        frequency = 440 * 2 ** ((note.pitch - 69) / 12)
        start = int(note.start * SAMPLE_RATE)
        if start >= samples or frequency < 20:
            continue
        held = min(note.duration, 8)
        length = min(int((held + patch.release * 4) * SAMPLE_RATE), sound.shape[1] - start)
        time = np.arange(length, dtype=np.float32) / SAMPLE_RATE
        if patch.kind == 'pluck':
            tone = pluck(patch, note, frequency, held, time, tables, dice)
        else:
            envelope = np.minimum(1, time / patch.attack) * (patch.sustain + (1 - patch.sustain) * np.exp(-time / patch.decay))
            envelope *= np.exp(-np.maximum(0, time - held) / patch.release)
            tone = oscillate(patch, note, frequency, time, tables, dice) * envelope
        sound[:, start : start + tone.shape[1]] += tone * (0.2 + 0.8 * note.velocity)
    return sound[:, :samples]


def oscillate(patch: Patch, note: Note, frequency: float, time: np.ndarray, tables: dict, dice: Dice) -> np.ndarray:
    if patch.kind == 'sine808':
        glide = frequency * time + frequency * 0.5 * 0.03 * (1 - np.exp(-time / 0.03))
        tone = np.tanh(np.sin(2 * np.pi * glide) * patch.fm_index)
        return np.stack([tone, tone])
    if patch.kind == 'fm':
        phase = 2 * np.pi * frequency * time
        depth = patch.fm_index * note.velocity * np.exp(-time / patch.decay)
        tone = np.sin(phase + depth * np.sin(phase * patch.fm_ratio + 0.3))
        return np.stack([tone, tone])
    if note.pitch not in tables:
        cutoffs = [min(16_000, frequency * patch.cutoff * 2 ** (patch.cutoff_sweep * step)) for step in (0, 0.5, 1)]
        tables[note.pitch] = [wavetable(patch, frequency, cutoff) for cutoff in cutoffs]
    dark, middle, bright = tables[note.pitch]
    openness = np.exp(-time / (patch.decay * 0.7)) * note.velocity
    of_dark, of_bright = np.clip(1 - 2 * openness, 0, 1), np.clip(2 * openness - 1, 0, 1)
    tone = np.zeros((2, len(time)), np.float32)
    for voice in range(patch.voices):
        side = (voice - (patch.voices - 1) / 2) / max(1, patch.voices - 1) * 2
        phase = (np.float64(frequency * 2 ** (side * patch.detune / 1200)) * time + dice.random()) * TABLE
        index = phase.astype(np.int64) & (TABLE - 1)
        wave = dark[index] * of_dark + middle[index] * (1 - of_dark - of_bright) + bright[index] * of_bright
        tone[0] += wave * (1 - patch.spread * side) / 2
        tone[1] += wave * (1 + patch.spread * side) / 2
    return tone


def pluck(patch: Patch, note: Note, frequency: float, held: float, time: np.ndarray, tables: dict, dice: Dice) -> np.ndarray:
    """A stiff string: every harmonic decays at its own pace, with the noise of the finger."""
    key = (note.pitch, round(note.velocity, 1))
    if key not in tables:
        ring = np.arange(4 * SAMPLE_RATE, dtype=np.float32) / SAMPLE_RATE
        string = np.zeros(len(ring), np.float32)
        for h in range(1, int(min(28, 9000 / frequency)) + 1):
            decay = patch.damping * (0.5 + patch.tone_damping * 0.02 * h * h)
            audible = ring[: min(len(ring), int(SAMPLE_RATE * 7 / decay))]
            partial = frequency * h * np.sqrt(1 + 2e-5 * h * h)
            loudness = np.sin(np.pi * h * patch.pick) / h ** (1.5 - 0.5 * note.velocity)
            string[: len(audible)] += loudness * np.exp(-audible * decay) * np.sin(2 * np.pi * partial * audible + patch.phases[h])
        string[:400] += 0.15 * note.velocity * (dice.noise.standard_normal(400) * np.hanning(400)).astype(np.float32)
        tables[key] = string
    tone = tables[key][: len(time)]
    tone = tone * np.exp(-np.maximum(0, time[: len(tone)] - held) / 0.05)
    return np.stack([tone, tone])
