/*
 * EfficientNet-Lite0's weights, from the names and layout of PyTorch to those of the family `efficientnet-lite`: kernels
 * with their channels last, and each batch normalisation folded into the convolution before it, which computes the same
 * once its averages stand still.
 */

const epsilon = 1e-3
const blockCount = 16

/** @param tensors what `readTorchFile` gives. Returns [{name, shape, data}] */
export function convertEfficientNet(tensors) {
  const convolutions = [['stem-conv', '_conv_stem', '_bn0']]
  for (let block = 0; block < blockCount; block++) {
    const [from, to] = [`_blocks.${block}.`, `block-${block + 1}`]
    if (block > 0) convolutions.push([`${to}-expand`, `${from}_expand_conv`, `${from}_bn0`])
    convolutions.push([`${to}-depthwise`, `${from}_depthwise_conv`, `${from}_bn1`])
    convolutions.push([`${to}-project`, `${from}_project_conv`, `${from}_bn2`])
  }
  convolutions.push(['head-conv', '_conv_head', '_bn1'])
  return [...convolutions.flatMap((names) => folded(tensors, names)), ...classifier(tensors)]
}

function tensor(tensors, name) {
  const found = tensors.get(name)
  if (!found) throw new Error(`The weights lack ${name}.`)
  return found
}

/** Kernel and bias of a convolution and the normalisation behind it: w * gamma / sqrt(var + eps), beta - mean * that. */
function folded(tensors, [name, convolution, norm]) {
  const { shape, data } = tensor(tensors, `${convolution}.weight`)
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
    (part) => tensor(tensors, `${norm}.${part}`).data,
  )
  const scale = Array.from(gamma, (value, k) => value / Math.sqrt(variance[k] + epsilon))
  const [outputs, inputs, height, width] = shape
  const isDepthwise = name.endsWith('-depthwise')
  const kernel = new Float32Array(data.length)
  const area = height * width
  // [out, in, h, w] to [h, w, in, out]; depthwise [channels, 1, h, w] to [h, w, channels, 1]
  for (let out = 0; out < outputs; out++)
    for (let from = 0; from < inputs; from++)
      for (let at = 0; at < area; at++)
        kernel[(at * inputs + from) * outputs + out] = data[(out * inputs + from) * area + at] * scale[out]
  const bias = Float32Array.from(beta, (value, k) => value - mean[k] * scale[k])
  return [
    {
      name: `${name}/${isDepthwise ? 'depthwise_kernel' : 'kernel'}`,
      shape: isDepthwise ? [height, width, outputs, 1] : [height, width, inputs, outputs],
      data: kernel,
    },
    { name: `${name}/bias`, shape: [outputs], data: bias },
  ]
}

/** The layer that names ImageNet's classes: for the comparison with PyTorch. */
function classifier(tensors) {
  const { shape, data } = tensor(tensors, '_fc.weight')
  const [outputs, inputs] = shape
  const kernel = Float32Array.from(
    { length: data.length },
    (_, i) => data[(i % outputs) * inputs + Math.floor(i / outputs)],
  )
  const bias = tensor(tensors, '_fc.bias')
  return [
    { name: 'imagenet-logits/kernel', shape: [inputs, outputs], data: kernel },
    { name: 'imagenet-logits/bias', shape: bias.shape, data: bias.data },
  ]
}
