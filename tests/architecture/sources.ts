import { readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join, normalize, relative, resolve, sep } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface Source {
  /** Relative to the repository, '/' separators. */
  path: string
  text: string
  lines: number
  imports: Import[]
}

export interface Import {
  /** As written. */
  specifier: string
  /** The file in this repository it means, without its extension; null for a package. */
  file: string | null
  isTypeOnly: boolean
}

const roots = ['src-shared', 'src-preload', 'src-main', 'src-renderer']

/** Every TypeScript and Vue file of the app with what it imports. */
export function readSources(): Source[] {
  return roots.flatMap((folder) => walk(join(root, folder))).map(readSource)
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(path)
    return ['.ts', '.vue'].includes(extname(entry.name)) ? [path] : []
  })
}

function readSource(path: string): Source {
  const text = readFileSync(path, 'utf8')
  const name = relative(root, path).split(sep).join('/')
  return { path: name, text, lines: text.split('\n').length - 1, imports: importsOf(name, text) }
}

const statements = [
  // import … from 'x', export … from 'x', import 'x'
  /^\s*(import|export)\s+(type\s)?(?:[\w*{][^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm,
  // import('x'), require('x'), createRequire(…)('x')
  /\b(?:import|require|load)\(\s*(type\s)?['"]([^'"]+)['"]/g,
]

export function importsOf(path: string, text: string): Import[] {
  const bare = text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/^\s*\/\/.*$/gm, '')
  return statements.flatMap((pattern) =>
    [...bare.matchAll(pattern)].map((match) => {
      const specifier = match.at(-1)!
      return { specifier, file: resolveFile(path, specifier), isTypeOnly: match.at(-2)?.trim() === 'type' }
    }),
  )
}

const aliases: [string, string][] = [
  ['@shared/', 'src-shared/'],
  ['@main/', 'src-main/'],
  ['@renderer/', 'src-renderer/src/'],
]

function resolveFile(path: string, specifier: string): string | null {
  for (const [alias, folder] of aliases) if (specifier.startsWith(alias)) return folder + specifier.slice(alias.length)
  if (!specifier.startsWith('.')) return null
  return normalize(join(dirname(path), specifier))
    .split(sep)
    .join('/')
    .replace(/\.ts$/, '')
}
