"""A sampler that plays General MIDI drum notes on recorded kits."""

import re
import xml.etree.ElementTree as ElementTree
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from music import SAMPLE_RATE, Dice, Note
from sources import drum_kit_files, single_drums

LONGEST_SAMPLE = 6 * SAMPLE_RATE
CHOKE_FADE = 512

# What a sample's name says about the drum; the first pattern that fits counts.
DRUMS = [
    ('cowbell', 'cowbell'), ('pedal', r'^(?!.*tamb).*(pedal|foot)'), ('openhat', r'(hat|hh).*(open|\bop\b|swish)|ohh|open.*hat'),
    ('hat', 'hat|hh'), ('kick', r'kick|bass ?drum|^bd|thump|djembe\d bass|dununba.*head'), ('side', r'stick|rim ?click|side'),
    ('rimshot', 'rim'), ('clap', 'clap|snap'), ('snare', 'snare|sn_|redo|cajon slap'), ('tomlow', 'tom.*(low|floor)|floor|low tom|djembe.*tone'),
    ('tomhigh', 'tom'), ('splash', 'splash|china'), ('bell', 'bell|cup'), ('crash', 'crash|cymbal'), ('ride', 'ride'),
    ('cowbell', 'agogo'), ('tambourine', 'tamb'), ('shaker', 'shaker|maraca|cabasa'), ('conga', 'conga|bongo|djembe'), ('percussion', '.'),
]  # fmt: skip
GENERAL_MIDI = {
    35: 'kick', 36: 'kick', 37: 'side', 38: 'snare', 39: 'clap', 40: 'snare', 41: 'tomlow', 42: 'hat', 43: 'tomlow', 44: 'pedal',
    45: 'tomlow', 46: 'openhat', 47: 'tomhigh', 48: 'tomhigh', 49: 'crash', 50: 'tomhigh', 51: 'ride', 52: 'splash', 53: 'bell',
    54: 'tambourine', 55: 'splash', 56: 'cowbell', 57: 'crash', 59: 'ride', 60: 'conga', 61: 'conga', 62: 'conga', 63: 'conga',
    64: 'conga', 69: 'shaker', 70: 'shaker', 82: 'shaker',
}  # fmt: skip
INSTEAD = {
    'pedal': 'hat', 'openhat': 'hat', 'side': 'snare', 'rimshot': 'snare', 'bell': 'ride', 'splash': 'crash', 'ride': 'crash',
    'tomhigh': 'tomlow', 'tomlow': 'tomhigh',
}  # fmt: skip

# A layer is a sample and the range of velocity it is meant for; an instrument is its layers; a kit has some of each drum.
Layer = tuple[float, float, str]
Kit = dict[str, list[list[Layer]]]


def drum_of(name: str) -> str:
    return next(drum for drum, pattern in DRUMS if re.search(pattern, name.lower()))


def read_kits(is_held_out: bool) -> dict[str, Kit]:
    kits = {file.parent.name: read_hydrogen(file) for file in drum_kit_files(is_held_out)}
    if not is_held_out:
        for name, samples in single_drums().items():
            kit: Kit = {}
            for path in samples:
                plain = path.name.replace('bassdrum', 'kick').replace('cymbal', 'crash')
                kit.setdefault(drum_of(plain), []).append([(0, 1, str(path))])
            kits[name] = kit
    return {name: kit for name, kit in kits.items() if kit}


def read_hydrogen(file: Path) -> Kit:
    """A drum kit of the drum machine Hydrogen; empty when its XML cannot be read."""
    text = re.sub(r'\sxmlns(:\w+)?="[^"]+"|\sxsi:\w+="[^"]+"', '', file.read_text(errors='replace'))
    try:
        root = ElementTree.fromstring(text.encode())
    except ElementTree.ParseError:
        return {}
    kit: Kit = {}
    for instrument in root.iter('instrument'):
        layers = []
        for layer in instrument.iter('layer'):
            path = file.parent / (layer.findtext('filename') or '')
            if path.is_file():
                layers.append((float(layer.findtext('min') or 0), float(layer.findtext('max') or 1), str(path)))
        if layers:
            kit.setdefault(drum_of(instrument.findtext('name') or ''), []).append(layers)
    return kit


@lru_cache(maxsize=2_000)
def load(path: str, longest: float = 6) -> np.ndarray:
    """Float32 [2, n] at 44,100 Hz, its first seconds; a file that cannot be read is a moment of silence."""
    try:
        sound, rate = soundfile.read(path, dtype='float32', always_2d=True)
    except soundfile.LibsndfileError:
        return np.zeros((2, 10), np.float32)
    sound = sound[: int(rate * longest)]
    if rate != SAMPLE_RATE:
        sound = soxr.resample(sound, rate, SAMPLE_RATE)
    sound = sound.T[:2]
    return np.ascontiguousarray(np.repeat(sound, 2, 0) if len(sound) == 1 else sound, np.float32)


def at_speed(sound: np.ndarray, speed: float) -> np.ndarray:
    """Played faster or slower, pitch and all, by linear interpolation."""
    if abs(speed - 1) < 0.003:
        return sound
    place = np.arange(0, sound.shape[1] - 1, speed)
    index = place.astype(int)
    share = (place - index).astype(np.float32)
    return sound[:, index] * (1 - share) + sound[:, index + 1] * share


def play(notes: list[Note], samples: int, kits: dict[str, Kit], dice: Dice) -> np.ndarray:
    """Float32 [2, samples]: one kit, with a drum of another kit now and then; a closed hi-hat ends an open one."""
    sound = np.zeros((2, samples + LONGEST_SAMPLE + SAMPLE_RATE), np.float32)
    base = kits[dice.choice(sorted(kits))]
    pool: Kit = {}
    for name in sorted(kits):
        for drum, instruments in kits[name].items():
            pool.setdefault(drum, []).extend(instruments)
    looseness = dice.choice([0, 0.002, 0.005, 0.008])
    tuning = 2 ** dice.gauss(0, 0.08) if dice.random() < 0.4 else 1
    chosen: dict[int, tuple[list[Layer], float, float, float]] = {}
    open_hat: tuple[int, int, np.ndarray] | None = None
    for note in sorted(notes):
        if note.pitch not in chosen:
            chosen[note.pitch] = choose(note.pitch, base, pool, tuning, dice)
        layers, pan, gain, speed = chosen[note.pitch]
        velocity = min(1, max(0.05, note.velocity + dice.gauss(0, 0.04)))
        fitting = [layer for layer in layers if layer[0] <= velocity <= layer[1]]
        nearest = min(layers, key=lambda layer: abs((layer[0] + layer[1]) / 2 - velocity))
        sample = at_speed(load(dice.choice(fitting or [nearest])[2]), speed)
        start = int(max(0, note.start + dice.gauss(0, looseness)) * SAMPLE_RATE)
        if start >= samples:
            continue
        if note.pitch in (42, 44) and open_hat:
            choke(sound, open_hat, start)
            open_hat = None
        sides = np.array([[min(1, 1 - pan)], [min(1, 1 + pan)]], np.float32)
        hit = sample * (gain * (0.15 + 0.85 * velocity**1.3) * sides)
        end = min(start + hit.shape[1], sound.shape[1])
        sound[:, start:end] += hit[:, : end - start]
        if note.pitch == 46:
            open_hat = (start, end, hit)
    return sound[:, :samples]


def choose(pitch: int, base: Kit, pool: Kit, tuning: float, dice: Dice) -> tuple[list[Layer], float, float, float]:
    """The instrument for a drum note, its place, gain and speed."""
    drum = GENERAL_MIDI.get(pitch, 'percussion')
    substitute = INSTEAD.get(drum, 'percussion')
    own = (base.get(drum) or base.get(substitute)) if dice.random() < 0.9 else None
    instruments = own or pool.get(drum) or pool.get(substitute) or pool['snare']
    pan = 0 if drum in ('kick', 'snare') else dice.uniform(-0.5, 0.5)
    is_tuned = drum.startswith('tom') or dice.random() < 0.2
    return dice.choice(instruments), pan, dice.uniform(0.6, 1.2), (2 ** dice.uniform(-0.2, 0.2) if is_tuned else 1) * tuning


def choke(sound: np.ndarray, ringing: tuple[int, int, np.ndarray], at: int) -> None:
    """Takes away what an open hi-hat would still ring."""
    start, end, hit = ringing
    if at - start >= 2 * SAMPLE_RATE or at + CHOKE_FADE >= end:
        return
    fade = np.concatenate([np.linspace(0, 1, CHOKE_FADE), np.ones(end - at - CHOKE_FADE)]).astype(np.float32)
    rest = hit[:, at - start : end - start]
    sound[:, at : at + rest.shape[1]] -= rest * fade[: rest.shape[1]]
