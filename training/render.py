"""Renders songs as four parts, int16 [2, samples] at 44,100 Hz: python render.py {train,validation,test}.

Every song has its own seed, so the result does not depend on how many processes render; a run that was cut off goes on. Training also gets recorded drum
loops, guitar strums and guitars. Validation and test are made of fonts, kits, files and styles that training never hears.
"""

import argparse
import multiprocessing
import os

import numpy as np

import drumkit
from composer import compose
from effects import effects, panned, pumping
from music import SAMPLE_RATE, Dice, Score, Track, random_chords, read_midi, run_mma, score_of
from singer import melody, sing
from soundfont import SoundFonts
from sources import WORK, drum_loops, fonts, grooves, guitar_recordings, guitar_strums, midi_files
from synthesiser import synthesise

SETS = {'train': 500, 'validation': 32, 'test': 26}
SHORTEST, LONGEST = 12, 75  # seconds
SYNTH_LAYERS = ('pad', 'stab', 'arp', 'lead', 'pluck16')


class Studio:
    """Everything that can sound, loaded once a process."""

    def __init__(self, is_held_out: bool):
        self.is_held_out = is_held_out
        self.fonts = SoundFonts(fonts(is_held_out))
        self.kits = drumkit.read_kits(is_held_out)
        self.grooves = grooves(is_held_out)
        self.midi = midi_files(is_held_out)

    def score(self, dice: Dice) -> Score | None:
        """40 % our own songs, 35 % MMA styles on random chords, 25 % MIDI files."""
        kind = dice.random()
        if kind < 0.4:
            return compose(dice, self.grooves.drums)
        if kind < 0.75:
            style = dice.choice(sorted(self.grooves.tunes))
            tempo = dice.randint(75, 170)
            bars = max(12, int(60 / (240 / tempo)))
            played = run_mma(dice.choice(self.grooves.tunes[style]), dice, bars, tempo, random_chords(dice, bars))
            return score_of(*played, 'mma') if played else None
        path = dice.choice(self.midi)
        return score_of(*read_midi(path, dice, dice.uniform(0.85, 1.2), dice.randint(-5, 6)), 'midi')

    def song(self, dice: Dice) -> dict[str, np.ndarray]:
        """The parts that sound, as float32 [2, samples]; empty for a song that is too short."""
        score = self.score(dice)
        samples = int(min(score.seconds, LONGEST) * SAMPLE_RATE) if score else 0
        if not score or samples < SHORTEST * SAMPLE_RATE:
            return {}
        kicks = [note for note in score.drums if note.pitch in (35, 36)]
        is_pumping = bool(kicks) and dice.random() < (0.5 if score.style == 'edm' else 0.05)
        pump = pumping(kicks, samples, dice) if is_pumping else np.ones(samples, np.float32)
        parts = {
            'drums': self.drums(score, samples, dice),
            'bass': self.bass(score, samples, dice) * pump,
            'other': self.other(score, samples, dice) * (pump if dice.random() < 0.7 else 1),
            'vocals': sing(melody(samples / SAMPLE_RATE, dice), samples, dice, self.is_held_out),
        }
        return {stem: part for stem, part in parts.items() if np.isfinite(part).all() and part.std() > 1e-5}

    def melodic_font(self, dice: Dice) -> str:
        """The two large fonts more often than the others."""
        names = self.fonts.melodic
        return dice.choice(names + [name for name in names if name.startswith(('FluidR3', 'MuseScore'))] * 3)

    def drums(self, score: Score, samples: int, dice: Dice) -> np.ndarray:
        if not score.drums:
            return np.zeros((2, samples), np.float32)
        kind = dice.random()
        if kind < 0.65:
            return drumkit.play(score.drums, samples, self.kits, dice)
        font = dice.choice(self.fonts.drums_only) if kind < 0.75 and self.fonts.drums_only else self.melodic_font(dice)
        return self.fonts.render(score.drums, samples, font, dice.choice([0, 0, 0, 8, 16, 24, 25, 32, 40]), is_drum=True)

    def bass(self, score: Score, samples: int, dice: Dice) -> np.ndarray:
        sound = np.zeros((2, samples), np.float32)
        for track in score.bass:
            if track.notes and dice.random() < 0.4:
                sound += synthesise(track.notes, samples, dice, is_bass=True)
            else:
                as_written = track.program in range(32, 40) and dice.random() < 0.4
                program = track.program if as_written else dice.choice([32, 33, 33, 34, 34, 35, 36, 37, 38, 39])
                sound += self.fonts.render(track.notes, samples, self.melodic_font(dice), program)
        return effects(sound, dice, is_bass=True)

    def other(self, score: Score, samples: int, dice: Dice) -> np.ndarray:
        sound = np.zeros((2, samples), np.float32)
        for track in score.other:
            layer = self.layer(track, samples, dice)
            if np.abs(layer).max() < 1e-4:
                continue
            layer = panned(effects(layer, dice, is_guitar=24 <= track.program < 32), dice.uniform(-0.7, 0.7))
            sound += layer / (layer.std() + 1e-9) * 10 ** (dice.gauss(-20, 4) / 20)
        return sound

    def layer(self, track: Track, samples: int, dice: Dice) -> np.ndarray:
        program, is_guitar = track.program, 24 <= track.program < 32
        if dice.random() < 0.5:  # another instrument of the same family
            program = dice.choice([24, 25, 26, 27, 27, 28, 29, 30]) if is_guitar else program // 8 * 8 + dice.randrange(8)
        if 32 <= program < 40:
            program = 0
        is_electronic = program >= 80 or track.name in SYNTH_LAYERS
        if track.notes and dice.random() < (0.45 if is_electronic else 0.08):
            return synthesise(track.notes, samples, dice, kind='pluck' if is_guitar else None)
        return self.fonts.render(track.notes, samples, self.melodic_font(dice), program)


def save(folder, name: str, stem: str, sound: np.ndarray) -> float:
    """Writes one part at 0.9 of full scale; gives its seconds."""
    np.save(folder / f'{name}_{stem}.npy', (sound / (np.abs(sound).max() + 1e-9) * 0.9 * 32767).astype(np.int16))
    return sound.shape[1] / SAMPLE_RATE


def render_loops(folder) -> None:
    """Recorded drums and guitars: `loops-*_drums.npy`, `strums-*_other.npy`, `guitar-*_other.npy`."""
    dice = Dice('loops')
    for number in range(4):
        loops = []
        for path in drum_loops():
            loop = drumkit.load(str(path))
            if loop.shape[1] >= 0.8 * SAMPLE_RATE:
                loop = drumkit.at_speed(loop, 2 ** dice.uniform(-0.3, 0.3))
                loop = loop / (np.abs(loop).max() + 1e-9) * 0.8
                loops.append(np.tile(loop, max(1, int(10 * SAMPLE_RATE / loop.shape[1]))))
        save(folder, f'loops-{number}', 'drums', np.concatenate(loops, 1))
    for number in range(10):
        save(folder, f'strums-{number}', 'other', strummed(60, dice))
    for number, path in enumerate(guitar_recordings()):
        save(folder, f'guitar-{number}', 'other', without_rests(drumkit.load(str(path), 900)))


def without_rests(sound: np.ndarray) -> np.ndarray:
    """The seconds in which something sounds."""
    seconds = sound[:, : sound.shape[1] // SAMPLE_RATE * SAMPLE_RATE].reshape(2, -1, SAMPLE_RATE)
    return seconds[:, seconds.std((0, 2)) > 0.003].reshape(2, -1)


def strummed(seconds: int, dice: Dice) -> np.ndarray:
    """Four chords in a strumming pattern, each strum cut off by the next."""
    chords = guitar_strums()
    sound = np.zeros((2, (seconds + 7) * SAMPLE_RATE), np.float32)
    beat, speed = 60 / dice.uniform(80, 140), 2 ** dice.uniform(-0.15, 0.15)
    progression = [dice.choice(sorted(chords)) for _ in range(4)]
    pattern = [eighth for eighth in range(8) if dice.random() < 0.6] or [0]
    for bar in range(int(seconds / (4 * beat)) + 1):
        for eighth in pattern:
            strum = drumkit.at_speed(drumkit.load(str(dice.choice(chords[progression[bar % 4]]))), speed)
            strum = strum[:, : int(SAMPLE_RATE * beat * dice.choice([0.5, 1, 2, 4])) + 2000] * dice.uniform(0.5, 1)
            fade = np.linspace(1, 0, min(2000, strum.shape[1]), dtype=np.float32)
            strum[:, -len(fade) :] *= fade
            start = int((bar * 4 + eighth / 2) * beat * SAMPLE_RATE)
            if start < seconds * SAMPLE_RATE:
                sound[:, start : start + strum.shape[1]] += strum[:, : sound.shape[1] - start]
    return sound[:, : seconds * SAMPLE_RATE]


_studio: Studio | None = None


def open_studio(is_held_out: bool) -> None:
    global _studio
    os.nice(19 - os.nice(0))
    _studio = Studio(is_held_out)


def render_song(task: tuple[str, int]) -> str:
    name, number = task
    assert _studio
    dice = Dice(f'{name} {number}')
    parts = _studio.song(dice)
    seconds = [save(WORK / 'songs' / name, f'song-{number:04d}', stem, part) for stem, part in parts.items()]
    return f'{name} {number}: {", ".join(parts) or "too short"}, {max(seconds, default=0):.0f} s'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('set', choices=SETS)
    parser.add_argument('--songs', type=int, help='the first so many instead of all')
    parser.add_argument('--processes', type=int, default=os.cpu_count())
    options = parser.parse_args()
    folder = WORK / 'songs' / options.set
    folder.mkdir(parents=True, exist_ok=True)
    is_held_out = options.set != 'train'
    if not is_held_out and not list(folder.glob('guitar-3*')):
        render_loops(folder)
    missing = [number for number in range(options.songs or SETS[options.set]) if not list(folder.glob(f'song-{number:04d}_*'))]
    tasks = [(options.set, number) for number in missing]
    with multiprocessing.Pool(options.processes, open_studio, [is_held_out]) as pool:
        for line in pool.imap_unordered(render_song, tasks):
            print(line, flush=True)


if __name__ == '__main__':
    main()
