"""LSTM and GRU by PyTorch and by Keras: outputs, last states and every gradient, with weights in Keras' layout.

The reference runs in float64 on weights and inputs that float32 holds exactly. What is differentiated is the sum of
outputs and last states, each times the `upstream` number beside it.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from torch import nn

from golden import write

BATCH, TIME, FEATURES, UNITS = 3, 7, 4, 5
BLOCKS = {"lstm": 4, "gru": 3}
LENGTHS = [7, 4, 1]
GAPS = np.array([[1, 1, 0, 1, 1, 0, 0], [0, 1, 1, 1, 0, 1, 1], [0, 0, 0, 0, 0, 0, 0]])

keras.config.set_floatx("float64")
random = np.random.default_rng(11)


def draw(*shape):
    return np.round(random.normal(size=shape) * 0.5, 3).astype(np.float32).astype(np.float64)


def array(values):
    values = values.detach().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
    return {"shape": list(values.shape), "data": [float(f"{v:.8g}") or 0 for v in values.flatten()]}


def draw_weights(kind, features, reset="after"):
    """Kernel, recurrent kernel and bias of one direction, as Keras has them."""
    width = BLOCKS[kind] * UNITS
    bias = draw(2, width) if kind == "gru" and reset == "after" else draw(width)
    return [draw(features, width), draw(UNITS, width), bias]


def swap_gates(kind, values):
    """Keras' update, reset, candidate and PyTorch's reset, update, candidate: each the other's."""
    if kind == "lstm":
        return values
    z, r, n = np.split(values, 3, axis=-1)
    return np.concatenate([r, z, n], axis=-1)


def set_torch(module, kind, suffix, weights):
    kernel, recurrent, bias = weights
    biases = bias if kind == "gru" else [bias, np.zeros_like(bias)]
    for name, value in [
        ("weight_ih", swap_gates(kind, kernel).T),
        ("weight_hh", swap_gates(kind, recurrent).T),
        ("bias_ih", swap_gates(kind, biases[0])),
        ("bias_hh", swap_gates(kind, biases[1])),
    ]:
        getattr(module, name + suffix).data = torch.from_numpy(np.ascontiguousarray(value))


def torch_gradients(module, kind, suffix):
    kernel, recurrent, bias, state_bias = (
        swap_gates(kind, getattr(module, name + suffix).grad.numpy().T)
        for name in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    )
    return [kernel, recurrent, np.stack([bias, state_bias]) if kind == "gru" else bias]


def by_torch(kind, bidirectional=False, layers=1, lengths=None):
    directions = 2 if bidirectional else 1
    make = nn.LSTM if kind == "lstm" else nn.GRU
    module = make(FEATURES, UNITS, layers, batch_first=True, bidirectional=bidirectional).double()
    weights = []
    for layer in range(layers):
        features = FEATURES if layer == 0 else UNITS * directions
        for direction in range(directions):
            weights.append(draw_weights(kind, features))
            set_torch(module, kind, suffix_of(layer, direction), weights[-1])

    x = torch.from_numpy(draw(BATCH, TIME, FEATURES)).requires_grad_()
    states = 2 if kind == "lstm" else 1
    # Initial states in the lowest of one layer only: that is how the product takes them.
    initial = [torch.from_numpy(draw(layers * directions, BATCH, UNITS)) for _ in range(states)]
    if layers > 1:
        initial = [torch.zeros_like(state) for state in initial]
    for state in initial:
        state.requires_grad_()
    sequence = x
    if lengths:
        sequence = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    output, last = module(sequence, tuple(initial) if kind == "lstm" else initial[0])
    if lengths:
        output, _ = nn.utils.rnn.pad_packed_sequence(output, batch_first=True, total_length=TIME)
    last = list(last) if kind == "lstm" else [last]
    top = [state[-directions + direction] for direction in range(directions) for state in last]

    upstreams = differentiate([output, *top])
    mask = np.array([[int(t < length) for t in range(TIME)] for length in lengths]) if lengths else None
    given = [] if layers > 1 else [state[d] for d in range(directions) for state in initial]
    given_gradients = [] if layers > 1 else [state.grad[d] for d in range(directions) for state in initial]
    suffixes = [suffix_of(layer, d) for layer in range(layers) for d in range(directions)]
    return {
        "judge": "torch",
        "kind": kind,
        "reset": "after",
        "bidirectional": bidirectional,
        "layers": layers,
        "mask": None if mask is None else array(mask),
        "input": array(x),
        "initial": [array(state) for state in given],
        "weights": [array(w) for group in weights for w in group],
        "outputs": [array(value) for value in [output, *top]],
        "upstreams": [array(value) for value in upstreams],
        "gradients": {
            "input": array(x.grad),
            "initial": [array(g) for g in given_gradients],
            "weights": [array(g) for suffix in suffixes for g in torch_gradients(module, kind, suffix)],
        },
    }


def suffix_of(layer, direction):
    return f"_l{layer}" + ("_reverse" if direction else "")


def differentiate(outputs):
    upstreams = [torch.from_numpy(draw(*value.shape)) for value in outputs]
    sum((value * upstream).sum() for value, upstream in zip(outputs, upstreams)).backward()
    return upstreams


def by_keras(kind, reset="after", bidirectional=False, mask=None):
    more = {"reset_after": reset == "after"} if kind == "gru" else {}
    make = keras.layers.LSTM if kind == "lstm" else keras.layers.GRU
    layer = make(UNITS, return_sequences=True, return_state=True, zero_output_for_mask=True, **more)
    directions = 2 if bidirectional else 1
    if bidirectional:
        layer = keras.layers.Bidirectional(layer)
    x = torch.from_numpy(draw(BATCH, TIME, FEATURES)).requires_grad_()
    layer.build(x.shape)
    weights = [w for _ in range(directions) for w in draw_weights(kind, FEATURES, reset)]
    layer.set_weights(weights)
    count = directions * (2 if kind == "lstm" else 1)
    initial = [torch.from_numpy(draw(BATCH, UNITS)).requires_grad_() for _ in range(count)]
    steps = None if mask is None else torch.from_numpy(mask.astype(bool))
    outputs = list(layer(x, initial_state=initial, mask=steps))
    upstreams = differentiate(outputs)
    return {
        "judge": "keras",
        "kind": kind,
        "reset": reset,
        "bidirectional": bidirectional,
        "layers": 1,
        "mask": None if mask is None else array(mask),
        "input": array(x),
        "initial": [array(state) for state in initial],
        "weights": [array(w) for w in weights],
        "outputs": [array(value) for value in outputs],
        "upstreams": [array(value) for value in upstreams],
        "gradients": {
            "input": array(x.grad),
            "initial": [array(state.grad) for state in initial],
            "weights": [array(variable.value.grad) for variable in layer.trainable_variables],
        },
    }


cases = []
for kind in ["lstm", "gru"]:
    cases.append(by_torch(kind))
    cases.append(by_torch(kind, bidirectional=True))
    cases.append(by_torch(kind, bidirectional=True, lengths=LENGTHS))
    cases.append(by_torch(kind, layers=2))
    cases.append(by_torch(kind, bidirectional=True, layers=2))
    cases.append(by_keras(kind))
    cases.append(by_keras(kind, mask=GAPS))
    cases.append(by_keras(kind, bidirectional=True, mask=GAPS))
for mask in [None, GAPS]:
    cases.append(by_keras("gru", reset="before", mask=mask))
    cases.append(by_keras("gru", reset="before", bidirectional=True, mask=mask))

write("recurrent", ["torch", "keras"], {"cases": cases})
