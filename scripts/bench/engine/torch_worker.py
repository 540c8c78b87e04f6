"""One workload in PyTorch: prints READY, then for each line "go SECONDS" a line of JSON with its speed.

    torch_worker.py WORKLOAD THREADS VARIANT     VARIANT: eager or compile
"""

import json
import resource
import sys
import time

STARTED = time.perf_counter()

import torch
from torch import nn
from torch.nn import functional as F

workload, threads, variant = sys.argv[1], int(sys.argv[2]), sys.argv[3]
torch.set_num_threads(threads)
torch.manual_seed(0)


class Recurrent(nn.Module):
    def __init__(self, make, units):
        super().__init__()
        self.layer = make(16, units, batch_first=True)
        self.head = nn.Linear(units, 10)

    def forward(self, x):
        return self.head(self.layer(x)[0][:, -1])


class Block(nn.Module):
    def __init__(self, before, depth, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, depth, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(depth)
        self.conv2 = nn.Conv2d(depth, depth, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(depth)
        self.project = None
        if stride > 1 or before != depth:
            self.project = nn.Sequential(nn.Conv2d(before, depth, 1, stride, bias=False), nn.BatchNorm2d(depth))

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(y + (x if self.project is None else self.project(x)))


def resnet():
    stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    blocks = [Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.encoder(x).mean(1))


class Gcn(nn.Module):
    """Kipf & Welling, 2017, on a random graph of Cora's size: 2 708 nodes, 5 429 edges, 1 433 features."""

    def __init__(self):
        super().__init__()
        nodes, edges = 2708, 5429
        ends = torch.randint(0, nodes, (2, edges))
        loops = torch.arange(nodes).repeat(2, 1)
        self.source, self.target = torch.cat([ends, ends.flip(0), loops], 1)
        self.share = torch.full((len(self.source), 1), 0.2)
        self.first = nn.Linear(1433, 64, bias=False)
        self.second = nn.Linear(64, 7, bias=False)

    def spread(self, h):
        messages = h.index_select(0, self.source) * self.share
        return torch.zeros_like(h).index_add_(0, self.target, messages)

    def forward(self, x):
        return self.spread(self.second(F.relu(self.spread(self.first(x)))))


def mobile():
    layers = [nn.Conv2d(3, 32, 3, 2, 1), nn.ReLU6()]
    before = 32
    for depth, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]:
        layers += [nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False), nn.BatchNorm2d(before), nn.ReLU6()]
        layers += [nn.Conv2d(before, depth, 1, bias=False), nn.BatchNorm2d(depth), nn.ReLU6()]
        before = depth
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Head(nn.Module):
    """A frozen backbone, of which only the last layer is trained."""

    def __init__(self):
        super().__init__()
        self.backbone = mobile().requires_grad_(False)
        self.head = nn.Linear(512, 10)

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self

    def forward(self, x):
        with torch.no_grad():
            features = self.backbone(x)
        return self.head(features)


def mlp(*sizes):
    layers = [part for a, b in zip(sizes, sizes[1:]) for part in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def cnn():
    convolutions = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))


# Network, shape of a sample, samples, batch size.
TRAINED = {
    "mlp": (lambda: mlp(784, 256, 128, 10), (784,), 16384, 64),
    "tiny": (lambda: mlp(30, 32, 16, 10), (30,), 65536, 64),
    "cnn": (cnn, (1, 28, 28), 4096, 64),
    "resnet": (resnet, (3, 32, 32), 4096, 64),
    "lstm64": (lambda: Recurrent(nn.LSTM, 64), (100, 16), 4096, 32),
    "lstm128": (lambda: Recurrent(nn.LSTM, 128), (100, 16), 4096, 64),
    "gru64": (lambda: Recurrent(nn.GRU, 64), (100, 16), 4096, 32),
    "transformer": (Transformer, (64, 64), 4096, 32),
    "gcn": (Gcn, None, 2708, 2708),
    "head": (Head, (3, 96, 96), 512, 32),
}


def training():
    make, shape, count, size = TRAINED[workload]
    x = torch.randn(count, *shape) if shape else torch.rand(count, 1433)
    y = torch.randint(0, 7 if workload == "gcn" else 10, (count,))
    network = make().train()
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], 1e-3, fused=True)
    run = torch.compile(network) if variant == "compile" else network
    total = torch.zeros(())

    def step(inputs, labels):
        optimizer.zero_grad()
        loss = F.cross_entropy(run(inputs), labels)
        loss.backward()
        optimizer.step()
        total.add_(loss.detach())

    def batches():
        while True:
            if size == count:
                yield lambda: step(x, y)
                continue
            order = torch.randperm(count)
            for at in range(0, count - size + 1, size):
                chosen = order[at : at + size]
                yield lambda: step(x[chosen], y[chosen])

    # A graph is one sample: its steps are counted.
    return batches(), 1 if workload == "gcn" else size


def integrated_gradients():
    from captum.attr import IntegratedGradients

    network = cnn().eval()
    x = torch.randn(1, 1, 28, 28)
    method = IntegratedGradients(torch.compile(network) if variant == "compile" else network)
    return repeat(lambda: method.attribute(x, target=3, n_steps=50).numpy()), 1


def inference(size):
    network = nn.Sequential(mobile(), nn.Linear(512, 10)).eval()
    run = torch.compile(network) if variant == "compile" else network
    x = torch.randn(size, 3, 96, 96)

    def predict():
        with torch.inference_mode():
            return run(x).numpy()

    return repeat(predict), size


def repeat(work):
    while True:
        yield work


def main():
    if workload == "ig":
        works, items = integrated_gradients()
    elif workload.startswith("infer"):
        works, items = inference(int(workload.removeprefix("infer")))
    else:
        works, items = training()
    next(works)()
    first_step = time.perf_counter() - STARTED
    for _ in range(3):
        next(works)()
    print("READY", flush=True)
    for line in sys.stdin:
        seconds = float(line.split()[1])
        times = []
        busy = time.process_time()
        started = now = time.perf_counter()
        while now - started < seconds:
            next(works)()
            before, now = now, time.perf_counter()
            times.append(now - before)
        times.sort()
        at = lambda share: 1000 * times[min(len(times) - 1, int(share * len(times)))]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        done = len(times) * items
        result = {"perSecond": done / (now - started), "perCpuSecond": done / (time.process_time() - busy)}
        result |= {"p50Ms": at(0.5), "p99Ms": at(0.99)}
        print(json.dumps({**result, "peakMb": peak, "firstStepSeconds": first_step}), flush=True)


main()
