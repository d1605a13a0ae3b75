"""Trains the network on random mixes: python train.py NAME [--steps N] [--seed N] …

Half the mixes go through the voice network first, as in the product, most with a voice in them: what it leaves behind and
what it takes by mistake are part of what is learned. The other half are what that network would leave if it never erred. Progress, losses and the validation SDR go to work/runs/NAME.log,
weights to work/runs/NAME.pt (their exponential average is what counts). A run that was cut off goes on with --resume.
"""

import argparse
import copy
import math
import os
import random
import time
from pathlib import Path

import numpy as np
import torch

from evaluate import score, validation_songs
from network import Network, network_of
from remix import FRAMES, SAMPLES, Shelf, colour, desk, shuffle, transform
from sources import WORK
from spectrum import BINS
from voice import VoiceMask, rest_of

BATCH = 4
STEPS_PER_LOAD = 3  # new sound every third step; between them the same parts are mixed anew
EVALUATE_EVERY = 1000
# Where the processor has no instructions for it, it is six times slower than float32.
HAS_BFLOAT16 = 'AVX512' in torch.backends.cpu.get_cpu_capability()


def take_voice_out(mix: torch.Tensor, mask: VoiceMask) -> torch.Tensor:
    """Complex [BATCH, 2, FRAMES, BINS] -> what the product would leave of it. Two mixes make one segment of that network."""
    row = mix.abs().permute(1, 0, 2, 3).reshape(2, BATCH * FRAMES, BINS)
    keep = torch.from_numpy(rest_of(row.numpy(), mask)).view(2, BATCH, FRAMES, BINS).permute(1, 0, 2, 3)
    return mix * keep


def losses(network: Network, heard: torch.Tensor, stems: torch.Tensor, is_bfloat16: bool) -> torch.Tensor:
    """Of |mask·X − S| (complex): its L1 norm, the same with quiet bins weighing more, and its RMS, summed over the stems."""
    with torch.no_grad():
        magnitude = heard.abs().contiguous()
        power = (magnitude**2)[:, None]
        product = heard.real[:, None] * stems.real + heard.imag[:, None] * stems.imag
        stem_power = stems.real**2 + stems.imag**2
        weight = (magnitude + 0.02) ** -0.5
        whole = magnitude.sum((1, 2, 3)).clamp(min=3000)
        weighted_whole = (magnitude * weight).sum((1, 2, 3)).clamp(min=10000)
        mix_level = (2 * power.mean((1, 2, 3, 4))).sqrt().clamp(min=0.02)
    with torch.autocast('cpu', torch.bfloat16, enabled=is_bfloat16):
        logits = network(magnitude.contiguous(memory_format=torch.channels_last))
    mask = logits.float().softmax(1)
    error = (mask * mask * power - 2 * mask * product + stem_power).clamp(min=0).add(1e-5).sqrt()
    absolute = error.sum((1, 2, 3, 4)) / whole
    quiet = (error * weight[:, None]).sum((1, 2, 3, 4)) / weighted_whole
    level = ((error * error).mean((2, 3, 4)) + 1e-4).sqrt().sum(1) / mix_level
    return torch.stack([absolute.mean(), quiet.mean(), level.mean()])


LOSS_WEIGHTS = torch.tensor([1.0, 0.5, 1.0])


class Batches:
    """Endless batches of what the network hears and what it should give."""

    def __init__(self, seed: int):
        self.dice = random.Random(seed)
        self.shelf = Shelf(WORK / 'songs/train', self.dice)
        self.mask = VoiceMask()
        self._spectra = torch.empty(0)
        self._count = 0

    @torch.no_grad()
    def next(self) -> tuple[torch.Tensor, torch.Tensor]:
        if self._count % STEPS_PER_LOAD == 0:
            parts = np.stack([self.shelf.parts() for _ in range(BATCH)]).reshape(BATCH * 4, 2, SAMPLES)
            self._spectra = transform(colour(torch.from_numpy(parts), self.dice)).view(BATCH, 4, 2, FRAMES, BINS)
            spectra = self._spectra
        else:
            spectra = shuffle(self._spectra) if self.dice.random() < 0.5 else self._spectra
        self._count += 1
        spectra = desk(spectra, self.dice)
        stems = spectra[:, :3]
        return (take_voice_out(spectra.sum(1), self.mask) if self.dice.random() < 0.5 else stems.sum(1)), stems


def rate(step: int, steps: int, highest: float, warm: int, hold: float) -> float:
    """Learning rate: a linear start, a plateau, a cosine to nothing."""
    done = step / steps
    fall = 1 if done < hold else 0.5 + 0.5 * math.cos(math.pi * (done - hold) / (1 - hold))
    return highest * min(1, (step + 1) / warm) * fall + 1e-6


@torch.no_grad()
def follow(average: Network, network: Network, step: int) -> None:
    """The exponential average of all weights, which tests better than any of them (Polyak & Juditsky 1992)."""
    share = 1 - min(0.998, (step + 1) / (step + 20))
    for slow, fast in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if slow.dtype.is_floating_point:
            slow.lerp_(fast, share)
        else:
            slow.copy_(fast)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('name')
    parser.add_argument('--start', type=Path, help='weights to begin with (.npz); else from scratch')
    parser.add_argument('--steps', type=int, default=1600)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--rate', type=float, default=8e-4)
    parser.add_argument('--warm', type=int, default=100)
    parser.add_argument('--hold', type=float, default=0.1, help='share of the steps at full rate')
    parser.add_argument('--threads', type=int, default=2, help='1 is quicker where other programs want the processor too')
    parser.add_argument('--float32', action='store_true', help='also where bfloat16 is quicker: the weights come out otherwise')
    parser.add_argument('--resume', action='store_true')
    options = parser.parse_args()

    os.nice(19 - os.nice(0))
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    np.random.seed(options.seed)
    runs = WORK / 'runs'
    runs.mkdir(parents=True, exist_ok=True)
    file, log = runs / f'{options.name}.pt', open(runs / f'{options.name}.log', 'a')

    def say(*words: object) -> None:
        line = ' '.join([time.strftime('%H:%M:%S'), *map(str, words)])
        print(line, flush=True)
        print(line, file=log, flush=True)

    batches = Batches(options.seed)
    network = network_of(options.start).train() if options.start else Network()
    network = network.to(memory_format=torch.channels_last)
    average = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, betas=(0.9, 0.99), weight_decay=1e-3)
    start = 0
    if options.resume:
        saved = torch.load(file, weights_only=True)
        network.load_state_dict(saved['network'])
        average.load_state_dict(saved['average'])
        optimizer.load_state_dict(saved['optimizer'])
        start = saved['step']
        batches.dice.seed(options.seed + start)
    songs = validation_songs()
    say('songs', len(batches.shelf.names), 'steps', options.steps, 'from', start, vars(options))
    recent, began = [], time.monotonic()
    for step in range(start, options.steps):
        heard, stems = batches.next()
        for group in optimizer.param_groups:
            group['lr'] = rate(step, options.steps, options.rate, options.warm, options.hold)
        parts = losses(network, heard, stems, HAS_BFLOAT16 and not options.float32)
        optimizer.zero_grad()
        (parts * LOSS_WEIGHTS).sum().backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        if torch.isfinite(norm):
            optimizer.step()
        follow(average, network, step)
        recent.append(parts.detach().numpy())
        if (step + 1) % 100 == 0:
            pace = (time.monotonic() - began) / (step + 1 - start)
            say(step + 1, 'losses', *np.median(recent[-100:], 0).round(4), f'{pace:.3f} s/step')
        if (step + 1) % EVALUATE_EVERY == 0 or step + 1 == options.steps:
            state = {'network': network.state_dict(), 'average': average.state_dict(), 'optimizer': optimizer.state_dict()}
            torch.save({**state, 'step': step + 1, 'options': {name: str(value) for name, value in vars(options).items()}}, file)
            say(step + 1, 'validation, dB:', score(average, songs[:18]))


if __name__ == '__main__':
    main()
