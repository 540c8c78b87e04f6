/** What is measured, and the ratio to PyTorch that is to be reached. */
export const workloads = {
  tiny: { title: 'MLP 30-32-16-10, batch 64', target: 2.0, unit: 'samples' },
  mlp: { title: 'MLP 784-256-128-10, batch 64', target: 1.4, unit: 'samples' },
  cnn: { title: 'CNN 28x28: conv 32, conv 64, dense 128; batch 64', target: 1.5, unit: 'samples' },
  resnet: { title: 'ResNet 32x32x3, 3 stages of 1 block; batch 64', target: 1.3, unit: 'samples' },
  lstm64: { title: 'LSTM 64 over 100 x 16, batch 32', target: 0.55, unit: 'samples' },
  lstm128: { title: 'LSTM 128 over 100 x 16, batch 64', target: 0.7, unit: 'samples' },
  gru64: { title: 'GRU 64 over 100 x 16, reset after; batch 32', target: 1.0, unit: 'samples' },
  transformer: { title: 'Transformer, 2 layers, d 64, length 64; batch 32', target: 1.0, unit: 'samples' },
  gcn: { title: 'GCN, 2 layers, graph of the size of Cora', target: 1.4, unit: 'steps' },
  head: { title: 'Head on a frozen backbone 96x96x3, batch 32', target: 1.0, unit: 'samples' },
  ig: { title: 'Integrated gradients, 50 steps, CNN 28x28', target: 1.8, unit: 'maps' },
  infer1: { title: 'Inference, MobileNet-like 96x96x3, batch 1', target: 3.0, unit: 'samples' },
  infer16: { title: 'Inference, MobileNet-like 96x96x3, batch 16', target: null, unit: 'samples' },
}
