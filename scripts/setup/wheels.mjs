/** Which TensorFlow wheels fit a machine. The binding is built against their C and C++ library. */
export const tensorflowVersion = '2.21.0'

// The `and-cuda` extra of that version, as resolved on one day: the newest within the ranges that it allows.
const cudaWheels = [
  'nvidia-cublas-cu12==12.9.3.13',
  'nvidia-cuda-cupti-cu12==12.9.79',
  'nvidia-cuda-nvcc-cu12==12.9.86',
  'nvidia-cuda-nvrtc-cu12==12.9.86',
  'nvidia-cuda-runtime-cu12==12.9.79',
  'nvidia-cudnn-cu12==9.28.0.42',
  'nvidia-cufft-cu12==11.4.1.4',
  'nvidia-curand-cu12==10.3.10.19',
  'nvidia-cusolver-cu12==11.7.5.82',
  'nvidia-cusparse-cu12==12.5.10.65',
  'nvidia-nccl-cu12==2.32.3',
  'nvidia-nvjitlink-cu12==12.9.86',
]

// Tags that pip takes; the older ones let it take the nvidia wheels, which are tagged differently among themselves.
const linux = (arch) => ['2_27', '2_28', '2_25', '2_17', '2_12'].map((glibc) => `manylinux_${glibc}_${arch}`)
const linuxTags = [...linux('x86_64'), 'manylinux2014_x86_64', 'manylinux2010_x86_64']

/**
 * The wheels to try, best first; empty where TensorFlow publishes none that this set-up knows to build against.
 * Each is {wheel, requirements, tags, downloadBytes, diskBytes, tested}; `downloadBytes` is what is fetched in all.
 */
export function chooseWheels({ platform, arch, hasNvidia, isMusl = false }) {
  if (platform === 'linux' && arch === 'x64' && !isMusl) {
    const cpu = plan('tensorflow-cpu', linuxTags, { downloadBytes: 274e6, diskBytes: 1.5e9, tested: true })
    if (!hasNvidia) return [cpu]
    const gpu = plan('tensorflow', linuxTags, { downloadBytes: 3.2e9, diskBytes: 10e9, tested: false }, cudaWheels)
    return [gpu, cpu]
  }
  if (platform === 'linux' && arch === 'arm64' && !isMusl) {
    return [plan('tensorflow', linux('aarch64'), { downloadBytes: 270e6, diskBytes: 1.6e9, tested: false })]
  }
  if (platform === 'darwin' && arch === 'arm64') {
    return [plan('tensorflow', ['macosx_12_0_arm64'], { downloadBytes: 250e6, diskBytes: 1.6e9, tested: false })]
  }
  return []
}

function plan(wheel, tags, sizes, extra = []) {
  return { wheel, requirements: [`${wheel}==${tensorflowVersion}`, ...extra], tags, ...sizes }
}

/** The names under which the binding looks for the library, and the files of the wheel that stand in for them. */
export function libraryLinks(platform) {
  if (platform === 'darwin') {
    return {
      'libtensorflow.2.dylib': 'libtensorflow_cc.2.dylib',
      'libtensorflow_cc.2.dylib': 'libtensorflow_cc.2.dylib',
      'libtensorflow_framework.2.dylib': 'libtensorflow_framework.2.dylib',
    }
  }
  return {
    'libtensorflow.so': 'libtensorflow_cc.so.2',
    'libtensorflow_cc.so.2': 'libtensorflow_cc.so.2',
    'libtensorflow_framework.so': 'libtensorflow_framework.so.2',
    'libtensorflow_framework.so.2': 'libtensorflow_framework.so.2',
  }
}
