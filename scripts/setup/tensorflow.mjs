import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { keyOf, makeFolder, writeJson } from './cache.mjs'
import { logsDir, userCacheDir } from './paths.mjs'
import { missingPip, requireDiskSpace, SetupProblem } from './problems.mjs'
import { transferred } from './progress.mjs'
import { lastLines, run } from './run.mjs'
import { findPythonWithPip } from './tools.mjs'
import { tensorflowVersion } from './wheels.mjs'

/** Takes from the wheels what is linked or loaded: TensorFlow's library and headers, the libraries of CUDA. */
const extractor = `
import sys, zipfile
stage, wheels = sys.argv[1], sys.argv[2:]
def wanted(name):
    if name.startswith('tensorflow/'):
        return name.startswith('tensorflow/include/') or name.startswith('tensorflow/libtensorflow_')
    return name.startswith('nvidia/') and '/include/' not in name
archives = [zipfile.ZipFile(w) for w in wheels]
total = sum(i.file_size for a in archives for i in a.infolist() if wanted(i.filename)) or 1
done = shown = 0
for archive in archives:
    for info in archive.infolist():
        if not wanted(info.filename): continue
        archive.extract(info, stage)
        done += info.file_size
        if done * 100 // total > shown:
            shown = done * 100 // total
            print(f'{shown} %', flush=True)
`

/** Where the unpacked wheels of a plan are (or would be). */
export function tensorflowDir(plan) {
  return join(
    userCacheDir(),
    'tensorflow',
    `${plan.wheel}-${tensorflowVersion}-${keyOf([plan.requirements, plan.tags])}`,
  )
}

/** Fetches and unpacks the wheels of a plan into the user's cache, once. Returns the folder. */
export async function bringTensorflow(plan, progress) {
  const target = tensorflowDir(plan)
  if (existsSync(target)) return target
  const python = findPythonWithPip()
  if (!python) throw new SetupProblem({ what: 'The TensorFlow wheel cannot be fetched.', ...missingPip() })
  requireDiskSpace(userCacheDir(), plan.diskBytes, 'TensorFlow')

  return makeFolder(target, async (stage) => {
    const wheels = join(stage, 'wheels')
    const temporary = join(stage, 'temporary')
    mkdirSync(wheels)
    mkdirSync(temporary)
    progress.say(`fetching ${plan.requirements[0]} (about ${Math.round(plan.downloadBytes / 1e6)} MB)`)
    await download(python, plan, { wheels, temporary }, progress)
    const files = readdirSync(wheels).map((name) => join(wheels, name))
    progress.say('unpacking')
    const { code, output } = await run(python, ['-c', extractor, stage, ...files], {
      log: 'tensorflow',
      onTick: (output) => progress.tick(`unpacking, ${output.trim().split('\n').at(-1) || '0 %'}`),
    })
    if (code !== 0) {
      throw new SetupProblem({ what: `The TensorFlow wheel could not be unpacked:\n${lastLines(output, 3)}` })
    }
    rmSync(wheels, { recursive: true })
    rmSync(temporary, { recursive: true })
    writeJson(join(stage, 'wheels.json'), plan)
  })
}

// Any Python will do: the wheel is for the library in it, so its Python version is fixed here instead of asked for.
async function download(python, plan, { wheels, temporary }, progress) {
  const tags = plan.tags.flatMap((tag) => ['--platform', tag])
  const choice = ['--no-deps', '--only-binary=:all:', '--python-version', '3.12', '--implementation', 'cp', ...tags]
  const started = Date.now()
  const { code, output } = await run(
    python,
    ['-m', 'pip', 'download', '--progress-bar', 'off', '--no-cache-dir', '-d', wheels, ...choice, ...plan.requirements],
    {
      log: 'tensorflow',
      // pip downloads into the temporary folder first: its size tells how far it is.
      env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
      onTick: () => {
        const bytes = sizeOf(temporary) + sizeOf(wheels)
        progress.tick(transferred(bytes, plan.downloadBytes, Date.now() - started))
      },
    },
  )
  if (code === 0) return
  throw new SetupProblem({
    what: `The wheel ${plan.requirements[0]} could not be fetched:\n${lastLines(output, 4)}`,
    missing: 'most likely a connection to the Python package index',
    expected: `pip finds ${plan.requirements.join(', ')} for ${plan.tags[0]}`,
    todo: 'Check the network and pip’s index and proxy settings, then start again',
    log: join(logsDir, 'tensorflow.log'),
  })
}

function sizeOf(folder) {
  let bytes = 0
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) bytes += statSync(join(entry.parentPath ?? entry.path, entry.name)).size
    }
  } catch {
    // pip removes files while they are counted.
  }
  return bytes
}
