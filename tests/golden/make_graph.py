"""Logits, loss and gradients of a two-layer GCN and GAT on a small weighted graph, written out in plain PyTorch."""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.manual_seed(5)
NODES, FEATURES, CLASSES = 14, 9, 3


def graph():
    pairs = {(a, b) for a, b in torch.randint(0, NODES, (30, 2)).tolist() if a < b}
    ends = sorted(pairs)
    weights = (torch.rand(len(ends)) + 0.5).tolist()
    features = (torch.rand(NODES, FEATURES) < 0.3).float() * torch.rand(NODES, FEATURES)
    features[0] = 0  # a node without features
    adjacency = torch.eye(NODES)
    for (a, b), weight in zip(ends, weights):
        adjacency[a, b] = adjacency[b, a] = weight
    return ends, weights, features, adjacency


def gcn(x, adjacency, params):
    """Kipf & Welling 2017, dense: D^-1/2 (A + I) D^-1/2 X W."""
    scale = adjacency.sum(1).rsqrt()
    spread = scale[:, None] * adjacency * scale[None, :]
    hidden = F.relu(spread @ (x @ params["hidden-1/kernel"]) + params["bias-1/bias"])
    return spread @ (hidden @ params["logits/kernel"]) + params["bias-2/bias"]


def attend(values, adjacency, sent, received):
    """Velickovic et al. 2018, dense; a row per receiving node. The weights of edges multiply the shares before their sum."""
    heads, units = sent.shape
    by_head = values.reshape(NODES, heads, units)
    from_node = (by_head * sent).sum(2)
    to_node = (by_head * received).sum(2)
    scores = F.leaky_relu(to_node[:, None, :] + from_node[None, :, :], 0.2)
    powers = torch.exp(scores) * adjacency[:, :, None]
    shares = powers / powers.sum(1, keepdim=True)
    return torch.einsum("ijh,jhu->ihu", shares, by_head).reshape(NODES, heads * units)


def gat(x, adjacency, params):
    values = x @ params["hidden-1/kernel"]
    hidden = attend(values, adjacency, params["attention-1/from"], params["attention-1/to"]) + params["bias-1/bias"]
    values = F.elu(hidden) @ params["logits/kernel"]
    return attend(values, adjacency, params["attention-2/from"], params["attention-2/to"]) + params["bias-2/bias"]


def solve(network, shapes, x, adjacency, labels):
    params = {name: (torch.randn(shape) * 0.6).requires_grad_() for name, shape in shapes.items()}
    logits = network(x, adjacency, params)
    loss = F.cross_entropy(logits[labels["asked"]], torch.tensor(labels["classes"]))
    loss.backward()
    flat = lambda tensor: tensor.detach().flatten().tolist()
    return {
        "weights": {name: {"shape": list(p.shape), "data": flat(p)} for name, p in params.items()},
        "gradients": {name: flat(p.grad) for name, p in params.items()},
        "logits": flat(logits),
        "loss": loss.item(),
    }


ends, weights, features, adjacency = graph()
labels = {"asked": [1, 4, 5, 9, 12], "classes": [0, 2, 1, 1, 0]}
entries = features.nonzero().tolist()
gcn_shapes = {
    "hidden-1/kernel": (FEATURES, 5),
    "bias-1/bias": (5,),
    "logits/kernel": (5, CLASSES),
    "bias-2/bias": (CLASSES,),
}
gat_shapes = {
    "hidden-1/kernel": (FEATURES, 8),
    "attention-1/from": (2, 4),
    "attention-1/to": (2, 4),
    "bias-1/bias": (8,),
    "logits/kernel": (8, CLASSES),
    "attention-2/from": (1, CLASSES),
    "attention-2/to": (1, CLASSES),
    "bias-2/bias": (CLASSES,),
}
golden = {
    "nodes": NODES,
    "features": FEATURES,
    "classes": CLASSES,
    "ends": ends,
    "weights": weights,
    "entries": entries,
    "values": [features[i, j].item() for i, j in entries],
    "asked": labels["asked"],
    "labels": labels["classes"],
    "gcn": solve(gcn, gcn_shapes, features, adjacency, labels),
    "gat": solve(gat, gat_shapes, features, adjacency, labels),
}
(Path(__file__).parent / "data" / "graph.json").write_text(json.dumps(golden) + "\n")
