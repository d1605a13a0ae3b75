"""Writes the network as ONNX: python export.py work/runs/NAME.pt ../models/four-stems/accompaniment.onnx [--temperature T]
[--between start.npz --share 0.5].

Input 'magnitude' float32 [n, 2, frames, 1024], frames a multiple of 64; outputs 'drums', 'bass', 'other' of the same shape, masks that sum to 1.
Batch norm is folded into the convolutions, transposed convolutions become plain ones and DepthToSpace (exact, and twice as
fast in ONNX Runtime), large weights are stored as float16 and cast when the model is loaded. The description beside the
file (model.json) gets its hash and size.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from graph import Graph
from network import CHANNELS, Network, network_of
from spectrum import STEMS

LARGE = 1024  # values from which on a tensor is stored as float16
EPSILON = 1e-5  # of torch's batch norm


def phases(weight: np.ndarray) -> np.ndarray:
    """A 5x5 transposed convolution of stride 2 [in, out, 5, 5], cropped by 1 before and 2 after, as the four phases of a
    3x3 convolution [4·out, in, 3, 3] (Shi et al., CVPR 2016)."""
    inputs, outputs = weight.shape[:2]
    result = np.zeros((2, 2, outputs, inputs, 3, 3), np.float32)
    taps = {0: {0: 3, 1: 1}, 1: {0: 4, 1: 2, 2: 0}}  # phase: tap of the 3x3 kernel -> tap of the 5x5 one
    for row in (0, 1):
        for column in (0, 1):
            for i, from_i in taps[row].items():
                for j, from_j in taps[column].items():
                    result[row, column, :, :, i, j] = weight[:, :, from_i, from_j].T
    return result.reshape(4 * outputs, inputs, 3, 3)


def build(network: Network) -> onnx.ModelProto:
    graph = Graph(LARGE)
    weights = {name: value.detach().float().numpy() for name, value in network.state_dict().items()}

    def folded(norm: str) -> tuple[np.ndarray, np.ndarray]:
        gain = weights[f'{norm}.weight'] / np.sqrt(weights[f'{norm}.running_var'] + EPSILON)
        return gain, weights[f'{norm}.bias'] - weights[f'{norm}.running_mean'] * gain

    x = graph.add('Add', ['magnitude', graph.constant('floor', np.array(1e-4))], 'raised')
    x = graph.add('Pow', [x, graph.constant('exponent', np.array(0.3))], 'compressed')
    x = graph.add('Mul', [x, graph.constant('half', np.array(0.5))], 'input')
    skips = []
    for i in range(len(CHANNELS)):
        gain, shift = folded(f'down_norm.{i}')
        kernel = graph.constant(f'down{i}_w', weights[f'down.{i}.weight'] * gain[:, None, None, None])
        x = graph.add('Conv', [x, kernel], f'down{i}', kernel_shape=[5, 5], strides=[2, 2], pads=[1, 1, 2, 2])
        height = weights[f'height.{i}'] * gain[:, None, None] + shift[:, None, None]
        x = graph.add('Add', [x, graph.constant(f'down{i}_h', height, keep=True)], f'down{i}_s')
        x = graph.add('LeakyRelu', [x], f'down{i}_a', alpha=0.2)
        skips.append(x)
    for i in range(len(CHANNELS)):
        gain, shift = folded(f'up_norm.{i}')
        if i:
            x = graph.add('Concat', [skips[-1 - i], x], f'up{i}_x', axis=1)
        kernel = graph.constant(f'up{i}_w', phases(weights[f'up.{i}.weight'] * gain[None, :, None, None]))
        bias = graph.constant(f'up{i}_b', np.tile(shift, 4))
        x = graph.add('Conv', [x, kernel, bias], f'up{i}', kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        x = graph.add('DepthToSpace', [graph.add('Relu', [x], f'up{i}_r')], f'up{i}_o', blocksize=2, mode='DCR')
    masks(graph, x, weights)
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ['n', 2, 'frames', 1024])  # noqa: E731
    body = helper.make_graph(graph.nodes, 'accompaniment', [value('magnitude')], [value(stem) for stem in STEMS], graph.tensors)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid('', 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def masks(graph: Graph, x: str, weights: dict[str, np.ndarray]) -> None:
    """A softmax over the stems: logits relative to 'other', their maximum taken off before the exponential."""
    kernel, bias, height = weights['last.weight'], weights['last.bias'], weights['last_height'][0]
    kernel = np.concatenate([kernel[0:2] - kernel[4:6], kernel[2:4] - kernel[4:6]])
    bias = np.concatenate([bias[0:2] - bias[4:6], bias[2:4] - bias[4:6]])
    inputs = [x, graph.constant('last_w', kernel), graph.constant('last_b', bias)]
    logits = graph.add('Conv', inputs, 'logits', kernel_shape=[4, 4], dilations=[2, 2], pads=[3, 3, 3, 3])
    graph.integers('two', [2, 2])
    graph.nodes.append(helper.make_node('Split', [logits, 'two'], ['logits_0', 'logits_1'], axis=1))
    for i in (0, 1):
        graph.add('Add', [f'logits_{i}', graph.constant(f'height_{i}', (height[i] - height[2])[None])], f'logit_{i}')
    graph.tensors.append(numpy_helper.from_array(np.float32(0), 'logit_2'))
    graph.add('Max', ['logit_0', 'logit_1', 'logit_2'], 'highest')
    for i in range(3):
        graph.add('Exp', [graph.add('Sub', [f'logit_{i}', 'highest'], f'lowered_{i}')], f'power_{i}')
    graph.add('Add', [graph.add('Add', ['power_0', 'power_1'], 'two_powers'), 'power_2'], 'powers')
    for i, stem in enumerate(STEMS):
        graph.add('Div', [f'power_{i}', 'powers'], stem)


def soften(network: Network, temperature: float) -> None:
    """A softer softmax: the logits divided by the temperature."""
    with torch.no_grad():
        for parameter in (network.last.weight, network.last.bias, network.last_height):
            parameter /= temperature


def check(network: Network, path: Path) -> None:
    """The largest difference from torch on random magnitudes, which float16 weights are the reason of."""
    magnitude = (np.random.default_rng(0).random((1, 2, 512, 1024)) ** 4 * 60).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    ours = np.stack(session.run(list(STEMS), {'magnitude': magnitude}), 1)
    with torch.inference_mode():
        theirs = network(torch.from_numpy(magnitude)).softmax(1).numpy()
    print('largest difference from torch', float(np.abs(ours - theirs).max()), 'sum of masks off by', float(np.abs(ours.sum(1) - 1).max()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('run', type=Path)
    parser.add_argument('onnx', type=Path)
    parser.add_argument('--between', type=Path, help='other weights; what is written lies between them and those of the run')
    parser.add_argument('--share', type=float, default=0.5, help='of the way from --between to the run')
    parser.add_argument('--temperature', type=float, default=2.0)
    options = parser.parse_args()
    network = network_of(options.run, options.between, options.share)
    soften(network, options.temperature)
    onnx.save(build(network), options.onnx)
    check(network, options.onnx)
    description = options.onnx.parent / 'model.json'
    if description.exists():
        model = json.loads(description.read_text())
        for graph in model['graphs']:
            if graph['file'] == options.onnx.name:
                data = options.onnx.read_bytes()
                graph.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        description.write_text(json.dumps(model, indent=2, ensure_ascii=False) + '\n')


if __name__ == '__main__':
    main()
