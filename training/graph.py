"""What an ONNX graph is put together from."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """large: values from which on a tensor is stored as float16, and cast when the model is loaded."""

    def __init__(self, large: int):
        self.large = large
        self.nodes: list = []
        self.tensors: list = []

    def constant(self, name: str, values: np.ndarray, keep: bool = False) -> str:
        values = np.asarray(values, np.float32)
        if values.size > self.large and not keep:
            self.tensors.append(numpy_helper.from_array(values.astype(np.float16), f'{name}_half'))
            self.nodes.append(helper.make_node('Cast', [f'{name}_half'], [name], to=TensorProto.FLOAT))
        else:
            self.tensors.append(numpy_helper.from_array(values, name))
        return name

    def integers(self, name: str, values: list[int]) -> str:
        self.tensors.append(numpy_helper.from_array(np.asarray(values, np.int64), name))
        return name

    def add(self, operator: str, inputs: list[str], name: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name
