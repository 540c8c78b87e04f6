import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')
const venv = join(root, '.cache', 'bench-venv')
const wanted = join(import.meta.dirname, 'requirements.txt')
const stamp = join(venv, 'installed.txt')

/** Path of a Python that has PyTorch, in an environment of its own; the first time it is installed (about 1 GB). */
export function pythonWithTorch() {
  const python = join(venv, 'bin', 'python')
  const isThere = existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(wanted, 'utf8')
  if (isThere) return python
  process.stderr.write('installing PyTorch for the comparison (about 1 GB, some minutes)\n')
  const stdio = ['ignore', 'ignore', 'inherit']
  execFileSync('python3', ['-m', 'venv', venv], { stdio })
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '-r', wanted], { stdio })
  writeFileSync(stamp, readFileSync(wanted))
  return python
}
