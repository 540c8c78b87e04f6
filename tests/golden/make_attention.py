"""Multi-head self-attention by PyTorch in float64: outputs and every gradient, with the weights turned as the layer has them."""

import numpy as np
import torch
from torch import nn

from golden import write

BATCH, TIME, WIDTH, HEADS = 3, 6, 8, 2
LENGTHS = [6, 4, 1]
random = np.random.default_rng(5)


def draw(*shape):
    return np.round(random.normal(size=shape) * 0.5, 3).astype(np.float32).astype(np.float64)


def array(values):
    values = values.detach().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
    return {"shape": list(values.shape), "data": [float(f"{v:.8g}") or 0 for v in values.flatten()]}


kernel, bias, out_kernel, out_bias = draw(WIDTH, 3 * WIDTH), draw(3 * WIDTH), draw(WIDTH, WIDTH), draw(WIDTH)
x, upstream = draw(BATCH, TIME, WIDTH), draw(BATCH, TIME, WIDTH)
present = np.array([[step < length for step in range(TIME)] for length in LENGTHS], dtype=float)

attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, dtype=torch.float64)
with torch.no_grad():
    attention.in_proj_weight.copy_(torch.tensor(kernel.T))
    attention.in_proj_bias.copy_(torch.tensor(bias))
    attention.out_proj.weight.copy_(torch.tensor(out_kernel.T))
    attention.out_proj.bias.copy_(torch.tensor(out_bias))
inputs = torch.tensor(x, requires_grad=True)
outputs, _ = attention(inputs, inputs, inputs, key_padding_mask=torch.tensor(present == 0))
(outputs * torch.tensor(upstream)).sum().backward()

write(
    "attention",
    ["torch"],
    {
        "heads": HEADS,
        "inputs": array(x),
        "present": array(present[:, :, None]),
        "upstream": array(upstream),
        "weights": [array(part) for part in (kernel, bias, out_kernel, out_bias)],
        "outputs": array(outputs),
        "inputGradient": array(inputs.grad),
        "gradients": [
            array(part)
            for part in (
                attention.in_proj_weight.grad.T,
                attention.in_proj_bias.grad,
                attention.out_proj.weight.grad.T,
                attention.out_proj.bias.grad,
            )
        ],
    },
)
