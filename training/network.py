"""The network for drums, bass and other: a U-Net of Spleeter's shape (Hennequin et al., JOSS 2020) on compressed magnitudes.

What differs from Spleeter: magnitude^0.3 at the input, because raw magnitudes span a factor of 1000 and go straight
through the skips; batch norm before every activation, so that it folds into the convolutions at export; a learned bias for
every frequency, because a convolution does not know how high it is; one network and a softmax for all stems.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

CHANNELS = (16, 32, 64, 128, 256, 512)
LAST = 8
STEMS = 3


class Network(nn.Module):
    """Magnitudes [n, 2, frames, 1024], frames a multiple of 64 -> logits of the masks [n, 3, 2, frames, 1024]."""

    def __init__(self):
        super().__init__()
        depth = len(CHANNELS)
        into = (2, *CHANNELS)
        out = (256, 128, 64, 32, 16, LAST)
        joined = [CHANNELS[-1]] + [CHANNELS[depth - 1 - i] + out[i - 1] for i in range(1, depth)]
        self.down = nn.ModuleList([nn.Conv2d(into[i], into[i + 1], 5, 2, bias=False) for i in range(depth)])
        self.height = nn.ParameterList([nn.Parameter(torch.zeros(1, CHANNELS[i], 1, 512 >> i)) for i in range(depth)])
        self.down_norm = nn.ModuleList([nn.BatchNorm2d(channels, momentum=0.02) for channels in CHANNELS])
        self.up = nn.ModuleList([nn.ConvTranspose2d(a, b, 5, 2, padding=1, bias=False) for a, b in zip(joined, out, strict=True)])
        self.up_norm = nn.ModuleList([nn.BatchNorm2d(channels, momentum=0.02) for channels in out])
        self.last = nn.Conv2d(LAST, 2 * STEMS, 4, dilation=2, padding=3)
        self.last_height = nn.Parameter(torch.zeros(1, STEMS, 1, 1024))
        for layer in self.down:
            nn.init.kaiming_normal_(layer.weight, a=0.2, mode='fan_in', nonlinearity='leaky_relu')
        for layer in self.up:
            nn.init.kaiming_normal_(layer.weight, a=0.2, mode='fan_out', nonlinearity='leaky_relu')
        nn.init.normal_(self.last.weight, std=0.03)
        nn.init.zeros_(self.last.bias)

    def forward(self, magnitude: torch.Tensor) -> torch.Tensor:
        x = (magnitude + 1e-4) ** 0.3 * 0.5
        skips = []
        for down, height, norm in zip(self.down, self.height, self.down_norm, strict=True):
            x = down(functional.pad(x, (1, 2, 1, 2)))
            x = functional.leaky_relu(norm(x + height.to(x.dtype)), 0.2)
            skips.append(x)
        for i, (up, norm) in enumerate(zip(self.up, self.up_norm, strict=True)):
            if i:
                x = torch.cat([skips[-1 - i], x], 1)
            x = torch.relu(norm(up(x)[:, :, :-1, :-1]))
        x = self.last(x)
        count, _, frames, bins = x.shape
        return x.reshape(count, STEMS, 2, frames, bins) + self.last_height[:, :, None]


def network_of(path: Path, between: Path | None = None, share: float = 1.0) -> Network:
    """The network of a run (.pt, the average of its weights) or of an .npz, ready to be evaluated; given `between`, the weights
    `share` of the way from there to `path` (Wortsman et al., CVPR 2022)."""
    network = Network().eval()
    weights = _weights(path, network)
    if between:
        weights = {name: value + share * (weights[name] - value) for name, value in _weights(between, network).items()}
    network.load_state_dict(weights)
    return network


def _weights(path: Path, network: Network) -> dict[str, torch.Tensor]:
    if path.suffix == '.npz':
        found = {name: torch.from_numpy(array) for name, array in np.load(path).items()}
    else:
        found = torch.load(path, weights_only=True)['average']
    return {name: found[name].to(value.dtype) for name, value in network.state_dict().items()}
