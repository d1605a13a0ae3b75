"""Notes, chords and dice: what the parts of a song are made of before they sound."""

import random
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import mido
import numpy as np

SAMPLE_RATE = 44_100
DRUM_CHANNEL = 9


class Dice(random.Random):
    """All chance in a song comes from one seed, so that a song is the same whoever renders it and when."""

    def __init__(self, seed: str):
        super().__init__(seed)
        self.noise = np.random.default_rng(self.getrandbits(64))


@dataclass(order=True)
class Note:
    start: float  # seconds
    duration: float  # seconds
    pitch: int  # MIDI number; for drums the General MIDI drum
    velocity: float  # 0 to 1


@dataclass
class Track:
    program: int
    name: str = ''
    notes: list[Note] = field(default_factory=list)


@dataclass
class Score:
    seconds: float
    style: str
    drums: list[Note] = field(default_factory=list)
    bass: list[Track] = field(default_factory=list)
    other: list[Track] = field(default_factory=list)


CHORDS = {'': (0, 4, 7), 'm': (0, 3, 7), '7': (0, 4, 7, 10), 'm7': (0, 3, 7, 10), 'M7': (0, 4, 7, 11), 'sus4': (0, 5, 7)}
NAMES = ['C', 'Db', 'D', 'Eb', 'E', 'F', 'Gb', 'G', 'Ab', 'A', 'Bb', 'B']
PROGRESSIONS = [
    [0, 7, 9, 5], [9, 5, 0, 7], [0, 5, 7, 7], [0, 9, 5, 7], [9, 7, 5, 4], [0, 5], [9, 5], [2, 7, 0, 0],
    [0, 10, 5, 0], [0, 0, 5, 5, 0, 7], [9, 2, 7, 0], [0, 3, 5, 0], [0, 8, 10, 0], [4, 5, 7, 9], [0, 4, 5, 7],
]  # fmt: skip


def random_chords(dice: Dice, bars: int) -> list[tuple[int, str]]:
    """A chord for each bar: root (0 is C) and quality."""
    key, is_minor = dice.randrange(12), dice.random() < 0.3
    verse_and_chorus = [dice.choice(PROGRESSIONS) for _ in range(2)]
    chords: list[tuple[int, str]] = []
    while len(chords) < bars:
        for degree in verse_and_chorus[(len(chords) // 8) % 2]:
            quality = 'm' if degree in (2, 4, 9) or (is_minor and degree == 0) else ''
            if dice.random() < 0.15:
                quality = 'm7' if quality == 'm' else dice.choice(['7', 'M7', 'sus4'])
            chords.append(((key + degree) % 12, quality))
    return chords[:bars]


def read_midi(path: Path, dice: Dice, speed: float = 1.0, shift: int = 0, longest: float = 75) -> tuple[list[Track], list[Note], float]:
    """Melodic tracks (one per channel and program), drum notes, and seconds; a random stretch of a long file."""
    midi = mido.MidiFile(path, clip=True)
    names = {message.channel: track.name for track in midi.tracks for message in track if hasattr(message, 'channel')}
    tracks: dict[tuple[int, int], Track] = {}
    sounding: dict[tuple[int, int], tuple[float, float, int]] = {}
    program: dict[int, int] = {}
    now = 0.0
    for message in midi:
        now += message.time / speed
        if message.type == 'program_change':
            program[message.channel] = message.program
        if message.type not in ('note_on', 'note_off'):
            continue
        channel, key = message.channel, (message.channel, message.note)
        if key in sounding:
            start, velocity, used = sounding.pop(key)
            track = tracks.setdefault((channel, used), Track(used, names.get(channel, '')))
            pitch = message.note if channel == DRUM_CHANNEL else min(127, max(0, message.note + shift))
            track.notes.append(Note(start, max(0.02, now - start), pitch, velocity))
        if message.type == 'note_on' and message.velocity:
            sounding[key] = (now, message.velocity / 127, program.get(channel, 0))
    starts = [note.start for track in tracks.values() for note in track.notes]
    if not starts:
        return [], [], 0
    first, last = min(starts), max(starts) + 2
    if last - first > longest:
        first = dice.uniform(first, last - longest)
        last = first + longest
    for track in tracks.values():
        kept = [note for note in track.notes if first <= note.start < last]
        track.notes = sorted(Note(note.start - first, note.duration, note.pitch, note.velocity) for note in kept)
    drums = sorted(note for (channel, _), track in tracks.items() if channel == DRUM_CHANNEL for note in track.notes)
    melodic = [track for (channel, _), track in sorted(tracks.items()) if channel != DRUM_CHANNEL and len(track.notes) > 3]
    return melodic, drums, last - first


def run_mma(groove: str, dice: Dice, bars: int, tempo: int, chords: list[tuple[int, str]]):
    """The accompaniment MMA plays to the chords, as `read_midi` gives it; None where the style fails."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, 'song.mma'), Path(folder, 'song.mid')
        lines = [f'{i + 1} {NAMES[root]}{quality}' for i, (root, quality) in enumerate(chords[:bars])]
        # Some styles roll dice of their own.
        source.write_text('\n'.join([f'RndSeed {dice.randrange(1 << 30)}', f'Tempo {tempo}', f'Groove {groove}', *lines, '']))
        subprocess.run(['mma', '-f', result, source], capture_output=True, check=False)
        return read_midi(result, dice) if result.exists() else None


def is_bass(track: Track) -> bool:
    return track.program in range(32, 40) or track.program == 87 or track.name.lower().startswith('bass')


def score_of(melodic: list[Track], drums: list[Note], seconds: float, style: str) -> Score:
    """Sorts tracks into the parts; percussion that is no kit (taiko, melodic tom, synth drum) belongs to none."""
    other = [track for track in melodic if not is_bass(track) and track.program not in (116, 117, 118)]
    return Score(seconds, style, drums, [track for track in melodic if is_bass(track)], other)


