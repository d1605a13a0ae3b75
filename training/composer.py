"""Songs of our own: a style chooses tempo, drums, bass line and two to four accompanying layers."""

from collections.abc import Callable

from music import CHORDS, Dice, Note, Score, Track, random_chords, run_mma

LONGEST = 70  # seconds
STEPS = 16  # in a bar

# Style: tempo, kick pattern, bass lines, layers.
STYLES: dict[str, tuple[tuple[int, int], list[str], list[str], list[str]]] = {
    'rock': ((90, 150), ['rock'], ['8', '8', 'kick', 'sync'], ['power', 'strum', 'lead', 'organ', 'arp']),
    'metal': ((100, 200), ['double', 'rock'], ['8', '16', 'chug'], ['power', 'power2', 'lead']),
    'edm': ((110, 140), ['four'], ['off', '16', 'kick', 'sync', 'long'], ['pad', 'stab', 'arp', 'lead', 'pluck16']),
    'hiphop': ((70, 105), ['hiphop'], ['long', 'kick', 'sync'], ['pad', 'keys', 'arp', 'pluck16']),
    'funk': ((90, 125), ['hiphop'], ['sync', 'octave', 'sync'], ['skank', 'keys', 'brass', 'lead']),
    'pop': ((80, 130), ['rock', 'four'], ['8', 'kick', 'sync', 'long'], ['keys', 'strum', 'pad', 'arp', 'lead']),
    'ballad': ((55, 85), ['rock'], ['long', 'half'], ['keys', 'pad', 'arp', 'lead', 'strings']),
    'dnb': ((160, 180), ['dnb'], ['long', 'sync'], ['pad', 'lead', 'stab']),
    'reggae': ((70, 95), ['one-drop'], ['sync', 'half'], ['skank', 'organ', 'lead']),
    'punk': ((150, 210), ['rock'], ['8'], ['power', 'power2']),
}
WEIGHTED_STYLES = [*STYLES, 'edm', 'pop']

# How likely a kick is on each sixteenth of a bar.
KICKS = {
    'four': [1, 0, 0, 0] * 4,
    'rock': [1, 0, 0.1, 0, 0, 0, 0.3, 0.1, 0.7, 0, 0.5, 0, 0, 0, 0.2, 0.05],
    'hiphop': [1, 0.05, 0.1, 0.25, 0, 0.1, 0.3, 0.15, 0.2, 0.1, 0.6, 0.1, 0, 0.2, 0.2, 0.1],
    'dnb': [1, 0, 0, 0, 0, 0, 0.1, 0, 0, 0, 1, 0, 0, 0, 0.1, 0],
    'double': [1, 0, 0.6, 0.3] * 4,
    'one-drop': [0.3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
}
HATS = [[1, 0] * 8, [1, 0, 0, 0] * 4, [0.9] * 16, [0, 0, 1, 0] * 4, [0.7, 0.3, 0.9, 0.2] * 4]
PROGRAMS = {
    'power': [29, 30, 27], 'power2': [29, 30], 'strum': [24, 25, 25, 27], 'keys': [0, 1, 2, 4, 5, 7], 'organ': [16, 17, 18],
    'pad': [48, 50, 88, 89, 90, 91, 92, 95], 'strings': [48, 49, 44], 'stab': [61, 62, 81, 55], 'brass': [61, 56, 65],
    'skank': [27, 28, 17], 'arp': [0, 11, 24, 27, 81, 88, 45], 'pluck16': [81, 45, 12, 46], 'lead': [80, 81, 29, 30, 26, 65, 73, 84],
}  # fmt: skip


class Song:
    """Tempo, chords and feel, which all parts share."""

    def __init__(self, dice: Dice):
        self.dice = dice
        self.style = dice.choice(WEIGHTED_STYLES)
        tempo, kicks, basses, self.layers = STYLES[self.style]
        self.bpm = dice.uniform(*tempo)
        self.bar = 240 / self.bpm
        self.step = self.bar / STEPS
        self.bars = int(min(LONGEST / self.bar, dice.choice([24, 32, 40])))
        self.chords = random_chords(dice, self.bars)
        self.kick_pattern, self.bass_line = dice.choice(kicks), dice.choice(basses)
        self.chug = sorted({0, *dice.sample(range(STEPS), dice.randint(5, 11))})
        self._swing = dice.choice([0, 0, 0, 0.15, 0.3]) * self.step
        self._looseness = dice.choice([0, 0.004, 0.01])

    def at(self, bar: int, step: int) -> float:
        return bar * self.bar + step * self.step + (self._swing if step % 2 else 0)

    def loosely(self, time: float) -> float:
        return max(0, time + self.dice.gauss(0, self._looseness))

    def present(self, likelihood: float) -> Callable[[int], bool]:
        """Whether a part plays in a bar: it comes and goes by fours."""
        blocks = [self.dice.random() < likelihood for _ in range(self.bars // 4 + 1)]
        return lambda bar: blocks[bar // 4]


def compose(dice: Dice, drum_grooves: list[str]) -> Score:
    song = Song(dice)
    drums = drum_part(song)
    if drum_grooves and dice.random() < 0.5:
        played = run_mma(dice.choice(drum_grooves), dice, song.bars, int(song.bpm), song.chords)
        drums = played[1] if played and played[1] else drums
    kicks = sorted(note.start for note in drums if note.pitch in (35, 36))
    few = song.style in ('metal', 'punk', 'dnb')
    wanted = dice.randint(1, 2) if few else dice.randint(2, 4)
    layers = [layer_part(song, layer) for layer in dice.sample(song.layers, min(wanted, len(song.layers)))]
    other = [layer for layer in layers if len(layer.notes) > 3]
    return Score(song.bars * song.bar, song.style, drums, [bass_part(song, kicks)], other)


def drum_part(song: Song) -> list[Note]:
    dice = song.dice
    is_present = song.present(0.9)
    grid = lambda pattern: [step for step in range(2 * STEPS) if dice.random() < pattern[step % STEPS]]  # noqa: E731
    kick, hat = grid(KICKS[song.kick_pattern]), grid(dice.choice(HATS))
    backbeat = (8,) if song.style == 'reggae' or dice.random() < 0.12 else (4, 12)
    snare = [step for step in range(2 * STEPS) if step % STEPS in backbeat or dice.random() < 0.04]
    snare_drum, hat_drum = dice.choice([38, 38, 40, 39]), dice.choice([42, 42, 42, 51, 70, 46])
    toms = [dice.choice([41, 43, 45, 47, 48, 50, 38]) for _ in range(8)]
    notes = []
    hit = lambda bar, step, drum, low, high: notes.append(Note(song.at(bar, step), 0.1, drum, dice.uniform(low, high)))  # noqa: E731
    for bar in range(song.bars):
        if not is_present(bar):
            continue
        half = (bar % 2) * STEPS
        if bar % 8 == 0 and dice.random() < 0.6:
            hit(bar, 0, dice.choice([49, 57]), 0.85, 0.95)
        is_fill = bar % 4 == 3 and dice.random() < 0.4
        for step in range(STEPS):
            if step + half in kick:
                hit(bar, step, 36, 0.75, 1)
            if is_fill and step >= 8:
                if dice.random() < 0.7:
                    hit(bar, step, toms[step - 8], 0.5, 1)
                continue
            if step + half in snare:
                hit(bar, step, snare_drum, *((0.7, 1) if step % 4 == 0 else (0.15, 0.5)))
            if step + half in hat:
                is_open = step % 4 == 2 and dice.random() < 0.15
                hit(bar, step, 46 if is_open else hat_drum, *((0.5, 0.9) if step % 4 == 0 else (0.25, 0.7)))
    return notes


def bass_part(song: Song, kicks: list[float]) -> Track:
    dice = song.dice
    syncopated = sorted(dice.sample(range(STEPS), dice.randint(4, 9)))
    intervals = [dice.choice([0, 0, 0, 0, 7, 12, 10, -2, 5]) for _ in range(STEPS)]
    lowest, gate = dice.choice([24, 24, 28, 31]), dice.uniform(0.5, 0.98)
    is_present = song.present(0.92)

    def steps_of(bar: int) -> list[int]:
        start, end = bar * song.bar, (bar + 1) * song.bar - song.step / 2
        with_kick = sorted({round((time - start) / song.step) for time in kicks if start - 0.01 <= time < end})
        lines = {
            '8': list(range(0, STEPS, 2)), '16': list(range(STEPS)), 'off': [i for i in range(STEPS) if i % 4], 'long': [0], 'half': [0, 8],
            'octave': list(range(0, STEPS, 2)), 'kick': with_kick or [0], 'sync': syncopated, 'chug': song.chug,
        }  # fmt: skip
        return lines[song.bass_line]

    notes = []
    for bar, (root, _) in enumerate(song.chords):
        if not is_present(bar):
            continue
        steps = steps_of(bar)
        for i, step in enumerate(steps):
            until = steps[i + 1] if i + 1 < len(steps) else STEPS
            pitch = lowest + (root - lowest) % 12
            if song.bass_line == 'sync':
                pitch += intervals[step]
            if song.bass_line == 'octave':
                pitch += 12 * (step // 2 % 2)
            if i == len(steps) - 1 and dice.random() < 0.15:
                pitch += dice.choice([-1, 2, 5, 7])
            length = max(0.05, (until - step) * song.step * gate)
            notes.append(Note(song.loosely(song.at(bar, step)), length, pitch, dice.uniform(0.6, 0.95)))
    return Track(dice.choice([33, 33, 34, 35, 36, 37, 38, 39, 32]), 'bass', sorted(notes))


def layer_part(song: Song, layer: str) -> Track:
    dice = song.dice
    notes: list[Note] = []
    octave, is_present, gate = dice.choice([0, 0, 12]), song.present(0.8), dice.choice([0.4, 0.9, 1.0])
    rhythm = sorted(dice.sample(range(STEPS), dice.randint(3, 8)))
    tune = sorted(dice.sample(range(2 * STEPS), dice.randint(5, 14)))
    leaps = [dice.choice([-2, -1, -1, 0, 1, 1, 2]) for _ in range(4 * STEPS)]
    pitch = dice.choice([60, 67, 72])

    def add(bar: int, step: float, steps: float, note: int, delay: float = 0) -> None:
        start = song.loosely(song.at(bar, int(step)) + delay)
        if 0 <= note < 128:
            notes.append(Note(start, steps * song.step, note, dice.uniform(0.5, 0.9)))

    for bar, (root, quality) in enumerate(song.chords):
        if not is_present(bar):
            continue
        chord = [48 + octave + (root + tone) % 12 for tone in CHORDS[quality]]
        following = lambda steps: zip(steps, [*steps[1:], STEPS], strict=False)  # noqa: E731
        if layer in ('power', 'power2'):
            low = 40 + (root - 40) % 12
            steps = song.chug if song.bass_line == 'chug' else list(range(0, STEPS, 2)) if layer == 'power' else rhythm
            for step, until in following([0] if dice.random() < 0.1 else steps):
                for tone in (0, 7, 12):
                    add(bar, step, (until - step) * gate, low + tone)
        elif layer in ('pad', 'organ', 'strings'):
            for note in chord:
                add(bar, 0, STEPS * 0.98, note + (12 if layer == 'strings' else 0))
        elif layer in ('strum', 'keys', 'stab', 'brass'):
            strings = [*chord, chord[0] + 12] if layer == 'strum' else chord
            for step, until in following([0, 4, 6, 10, 12, 14] if layer == 'strum' else rhythm):
                for i, note in enumerate(strings):
                    length = (until - step) * (0.9 if layer in ('strum', 'keys') else 0.4)
                    add(bar, step, length, note, 0.012 * i if layer == 'strum' else 0)
            if layer == 'keys' and dice.random() < 0.5:
                add(bar, 0, 7.6, 36 + root)
                add(bar, 8, 7.6, 36 + root)
        elif layer == 'skank':
            for step in (4, 12) if song.style == 'reggae' else rhythm:
                for note in chord:
                    add(bar, step, 0.6, note + 12)
        elif layer in ('arp', 'pluck16'):
            stride = 1 if layer == 'pluck16' else 2
            for step in range(0, STEPS, stride):
                add(bar, step, 1.5, chord[(step // stride) % len(chord)] + 12)
        else:
            half = STEPS * (bar % 2)
            for step, until in following([step - half for step in tune if 0 <= step - half < STEPS]):
                pitch = min(84, max(55, pitch + leaps[(bar % 4) * STEPS + step]))
                in_scale = (pitch - root) % 12 in (0, 2, 3, 4, 5, 7, 9, 10)
                add(bar, step, (until - step) * 0.9, pitch if in_scale else pitch + 1)
    return Track(dice.choice(PROGRAMS[layer]), layer, sorted(notes))
