"""Random mixes of rendered parts, made anew for every step: other songs' parts, gains, equalisers, rooms, widths, voices."""

import random
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from music import SAMPLE_RATE
from spectrum import BINS, FRAME, HOP, STEMS

FRAMES = 256
SAMPLES = (FRAMES - 1) * HOP + FRAME
PARTS = (*STEMS, 'vocals')
WINDOW = torch.hann_window(FRAME)
OCTAVES = torch.log2(torch.arange(BINS).clamp(min=1) * SAMPLE_RATE / FRAME / 30)  # above 30 Hz


class Shelf:
    """All rendered parts, mapped into memory."""

    def __init__(self, folder: Path, dice: random.Random):
        self.dice = dice
        self.files: dict[str, list[Path]] = {part: sorted(folder.glob(f'*_{part}.npy')) for part in PARTS}
        self.loops = {part: [file for file in files if not file.name.startswith('song')] for part, files in self.files.items()}
        self.songs: dict[str, dict[str, Path]] = {}
        for part, files in self.files.items():
            for file in files:
                if file.name.startswith('song'):
                    self.songs.setdefault(file.stem.rsplit('_', 1)[0], {})[part] = file
        self.names = sorted(self.songs)
        self.guitars = [file for file in self.files['other'] if file.name.startswith('guitar')]
        self.loops['other'] += self.guitars * 3  # the only real band instruments there are
        self._open: dict[Path, tuple[np.ndarray, float]] = {}

    def open(self, file: Path) -> tuple[np.ndarray, float]:
        """The samples and their RMS where the part sounds."""
        if file not in self._open:
            sound = np.load(file, mmap_mode='r')
            some = np.asarray(sound[:, ::17], np.float32) / 32767
            loudest = np.abs(some).max(0)
            active = some[:, loudest > 0.02 * loudest.max()]
            self._open[file] = (sound, float(np.sqrt((active**2).mean())) + 1e-6)
        return self._open[file]

    def crop(self, file: Path, start: int | None = None, speed: float = 1.0) -> np.ndarray:
        """Float32 [2, SAMPLES] with RMS about 1 where it sounds; from a place that does, unless `start` is given."""
        sound, rms = self.open(file)
        length = int(SAMPLES * speed) + 2
        for _ in range(3):
            at = self.dice.randrange(max(1, sound.shape[1] - length)) if start is None else start
            piece = np.asarray(sound[:, at : at + length], np.float32)
            if start is not None or np.abs(piece[:, ::97]).mean() > 0.05 * rms * 32767:
                break
        piece = np.pad(piece, ((0, 0), (0, length - piece.shape[1])))
        if speed != 1.0:
            place = np.arange(SAMPLES) * speed
            index = place.astype(np.int64)
            share = (place - index).astype(np.float32)
            piece = piece[:, index] * (1 - share) + piece[:, index + 1] * share
        return piece[:, :SAMPLES] * (1 / 32767 / rms)

    def parts(self) -> np.ndarray:
        """[4, 2, SAMPLES]: parts of one song, or of several that never met."""
        dice = self.dice
        result = np.zeros((4, 2, SAMPLES), np.float32)
        speed = 2 ** dice.uniform(-0.25, 0.25) if dice.random() < 0.3 else 1.0
        if dice.random() < 0.6:
            song = self.songs[dice.choice(self.names)]
            shortest = min(self.open(file)[0].shape[1] for file in song.values())
            start = dice.randrange(max(1, shortest - int(SAMPLES * speed) - 2))
            for index, part in enumerate(PARTS):
                if part in song:
                    result[index] = self.crop(song[part], start, speed)
            if dice.random() < 0.1:
                result[PARTS.index('other')] = self.crop(dice.choice(self.guitars), None, speed)
            return result
        for index, part in enumerate(PARTS):
            is_loop = self.loops[part] and dice.random() < (0.2 if part == 'other' else 0.12)
            keeps_speed = part == 'drums' and dice.random() < 0.5
            file = dice.choice(self.loops[part] if is_loop else self.files[part])
            result[index] = self.crop(file, None, 1.0 if keeps_speed else speed)
        if dice.random() < 0.25:
            result[2] += self.crop(dice.choice(self.files['other']), None, speed) * dice.uniform(0.2, 1)
        return result


def colour(parts: torch.Tensor, dice: random.Random) -> torch.Tensor:
    """[n·4, 2, SAMPLES], in place: saturation, compression, reverberation."""
    for index in range(parts.shape[0]):
        kind = dice.random()
        if kind < 0.35:
            drive = 10 ** (dice.uniform(-6, 8) / 20) * 0.35
            parts[index] = torch.tanh(parts[index] * drive) / drive
        elif kind < 0.5:
            level = functional.avg_pool1d(parts[index].abs().mean(0)[None, None], 2048, 512, 1024)
            level = functional.interpolate(level, SAMPLES, mode='linear')[0]
            parts[index] /= (level + 0.15) ** dice.uniform(0.2, 0.6)
        if dice.random() < (0.12 if index % 4 == PARTS.index('bass') else 0.4):
            parts[index] = torch.fft.irfft(torch.fft.rfft(parts[index]) * torch.fft.rfft(room(dice)), SAMPLES)
    return parts


def room(dice: random.Random) -> torch.Tensor:
    """An impulse response: the sound itself and decaying noise."""
    seconds, delay = dice.uniform(0.08, 1.2), int(dice.uniform(0, 0.03) * SAMPLE_RATE)
    length = int(seconds * SAMPLE_RATE)
    tail = torch.randn(2, length) * torch.exp(-6.9 * torch.arange(length) / SAMPLE_RATE / seconds)
    tail = tail / tail.pow(2).sum(1, keepdim=True).sqrt()
    if dice.random() < 0.7:
        tail = functional.avg_pool1d(functional.pad(tail, (0, dice.choice([1, 2, 4, 8]))), 2, 1)[:, :length]
    response = torch.zeros(2, SAMPLES)
    response[:, delay : delay + length] = tail[:, : SAMPLES - delay] * dice.uniform(0.1, 0.6)
    response[:, 0] += 1
    return response


def equalisers(count: int, dice: random.Random) -> torch.Tensor:
    """[count, BINS] gains: a tilt and some bells; at times a steep low or high cut."""
    decibels = torch.zeros(count, BINS)
    for row in decibels:
        if dice.random() < 0.8:
            row += dice.gauss(0, 1.0) * (OCTAVES - 4)
            for _ in range(dice.randint(1, 4)):
                row += dice.gauss(0, 4.5) * torch.exp(-(((OCTAVES - dice.uniform(0, 8.5)) / dice.uniform(0.3, 1.5)) ** 2))
        if dice.random() < 0.06:
            row -= 24 * torch.sigmoid((OCTAVES - dice.uniform(5.5, 8.5)) * 4)
        if dice.random() < 0.05:
            row -= 18 * torch.sigmoid(-(OCTAVES - dice.uniform(0.5, 2.2)) * 4)
    return 10 ** (decibels.clamp(-40, 14) / 20)


def transform(parts: torch.Tensor) -> torch.Tensor:
    """[n, 2, SAMPLES] -> complex [n, 2, FRAMES, BINS]."""
    return torch.fft.rfft(parts.unfold(-1, FRAME, HOP) * WINDOW)[..., :BINS]


def desk(spectra: torch.Tensor, dice: random.Random) -> torch.Tensor:
    """[n, 4, 2, FRAMES, BINS] -> the same with new gains, colours and places; a quarter of the voices silent."""
    count = spectra.shape[0]
    gains = equalisers(count * 4, dice).view(count, 4, 1, 1, BINS)
    places = torch.zeros(count, 4, 2, 2)
    for song in range(count):
        loudness = 10 ** (dice.uniform(-9, 7) / 20)
        for part in range(4):
            gain = 10 ** (dice.gauss((0, 1, 0, 1)[part], 4.5) / 20) * 0.075
            chance = dice.random()
            silent = 0.25 if part == 3 else 0.07
            gain *= 0 if chance < silent else 0.15 if chance < silent + 0.05 else 1
            gains[song, part] *= gain
            is_narrow = part in (1, 3)
            width = dice.uniform(0, 1.2) if not is_narrow else 0.0 if dice.random() < 0.6 else dice.uniform(0, 1)
            side = 0 if is_narrow else dice.gauss(0, 0.12)
            place = torch.tensor([[1 + width, 1 - width], [1 - width, 1 + width]]) / 2
            if dice.random() < 0.5:
                place = place.flip(0)
            places[song, part] = loudness * place * torch.tensor([[1 + side], [1 - side]])
    weights = places.view(count, 4, 2, 2, 1, 1) * gains.view(count, 4, 1, 1, 1, BINS)
    parts = torch.view_as_real(spectra)
    left = parts[:, :, None, 0] * weights[:, :, :, 0, ..., None]
    return torch.view_as_complex(left.addcmul_(parts[:, :, None, 1], weights[:, :, :, 1, ..., None]))


def shuffle(spectra: torch.Tensor) -> torch.Tensor:
    """Gives every mix of a batch the parts of others."""
    count = spectra.shape[0]
    return torch.stack([spectra[torch.randperm(count), part] for part in range(4)], 1)
