import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importsOf, readSources, root, type Source } from './sources'

const sources = readSources()

/** The layers in order; a file may import from its own and from those that are named after it. */
const layers: { name: string; is: (path: string) => boolean; mayImport: string[] }[] = [
  { name: 'shared', is: under('src-shared'), mayImport: [] },
  { name: 'ml', is: under('src-main/ml'), mayImport: ['shared'] },
  { name: 'worker', is: under('src-main/worker'), mayImport: ['shared', 'ml'] },
  { name: 'db', is: under('src-main/db'), mayImport: ['shared'] },
  { name: 'services', is: under('src-main/services'), mayImport: ['shared', 'db', 'worker'] },
  {
    name: 'composition',
    is: (path) => ['workbench', 'dispatch', 'workspace-folder'].some((name) => path === `src-main/${name}.ts`),
    mayImport: ['shared', 'db', 'worker', 'services'],
  },
  {
    name: 'headless',
    is: under('src-main/headless'),
    mayImport: ['shared', 'db', 'worker', 'services', 'composition'],
  },
  {
    name: 'electron',
    is: (path) => under('src-main/electron')(path) || path === 'src-main/index.ts',
    mayImport: ['shared', 'db', 'worker', 'services', 'composition', 'headless'],
  },
  { name: 'preload', is: under('src-preload'), mayImport: ['shared'] },
  { name: 'renderer', is: under('src-renderer'), mayImport: ['shared'] },
]

function under(folder: string) {
  return (path: string) => path.startsWith(`${folder}/`)
}

const layerOf = (path: string) => layers.find(({ is }) => is(path))

/** 'file → what it may not import', for a message that says all at once. */
function offences(check: (source: Source) => string[]): string[] {
  return sources.flatMap((source) => check(source).map((what) => `${source.path} → ${what}`))
}

describe('the folders', () => {
  it('are all known: every file belongs to one layer', () => {
    expect(sources.length).toBeGreaterThan(80)
    expect(sources.filter(({ path }) => !layerOf(path)).map(({ path }) => path)).toEqual([])
  })

  it('import only what lies before them', () => {
    const wrong = offences(({ path, imports }) => {
      const layer = layerOf(path)!
      return imports.flatMap(({ file, specifier, isTypeOnly }) => {
        if (!file) return []
        const target = layerOf(`${file}.ts`)
        if (!target || target === layer || layer.mayImport.includes(target.name)) return []
        // Types vanish in the build: services may name those of a snapshot.
        if (isTypeOnly && layer.name === 'services' && target.name === 'ml') return []
        return [specifier]
      })
    })
    expect(wrong).toEqual([])
  })

  it('reach the worker through its host alone: services load no job and no TensorFlow', () => {
    const wrong = offences(({ path, imports }) =>
      under('src-main/services')(path)
        ? imports
            .filter(({ file, isTypeOnly }) => file && under('src-main/worker')(file) && !isTypeOnly)
            .filter(({ file }) => file !== 'src-main/worker/host')
            .map(({ specifier }) => specifier)
        : [],
    )
    expect(wrong).toEqual([])
  })

  it('import files by relative path inside src-main; the alias is for tests', () => {
    expect(
      offences(({ imports }) => imports.map((i) => i.specifier).filter((name) => name.startsWith('@main/'))),
    ).toEqual([])
  })
})

describe('names with one home', () => {
  const homes: [name: RegExp, isHome: (path: string) => boolean][] = [
    [
      /^electron$/,
      (path) => under('src-main/electron')(path) || ['src-main/index.ts', 'src-preload/index.ts'].includes(path),
    ],
    [/^sqlite3$/, (path) => path === 'src-main/db/sqlite.ts'],
    [/^@tensorflow\//, (path) => path === 'src-main/ml/tf.ts'],
    [/^(fastify|@fastify\/.*)$/, (path) => path === 'src-main/headless/serve.ts'],
    [/^commander$/, under('src-main/headless')],
    [/^(vue|vue-router|pinia|@nuxt\/ui.*|echarts.*|vue-echarts|@vueuse\/.*|@tanstack\/.*)$/, under('src-renderer')],
  ]
  it.each(homes)('%s', (name, isHome) => {
    const users = sources.filter(({ imports }) => imports.some(({ specifier }) => name.test(specifier)))
    expect(users.length, 'somebody uses it').toBeGreaterThan(0)
    expect(users.map(({ path }) => path).filter((path) => !isHome(path))).toEqual([])
  })

  it('Node is for src-main: the interface, the preload and the contract run without it', () => {
    const wrong = offences(({ path, imports }) =>
      under('src-main')(path) ? [] : imports.map((i) => i.specifier).filter((name) => name.startsWith('node:')),
    )
    expect(wrong).toEqual([])
  })

  it('the contract knows zod and nothing else', () => {
    const wrong = offences(({ path, imports }) =>
      under('src-shared')(path)
        ? imports.filter(({ file, specifier }) => !file && specifier !== 'zod').map(({ specifier }) => specifier)
        : [],
    )
    expect(wrong).toEqual([])
  })

  it('the HTTP server is loaded late, since the desktop app must start without it', () => {
    const statically = sources.flatMap(({ path, text }) =>
      path !== 'src-main/headless/serve.ts' && /^import (?!type).*from '(\.\.?\/)*(headless\/)?serve'/m.test(text)
        ? [path]
        : [],
    )
    expect(statically).toEqual([])
    const serve = sources.find(({ path }) => path === 'src-main/headless/serve.ts')!
    expect(serve.text).not.toMatch(/^import (?!type).*'fastify'/m)
  })
})

describe('files', () => {
  it('are short: none over 450 lines, nine of ten under 300', () => {
    const sizes = sources.map(({ path, lines }) => ({ path, lines })).sort((a, b) => a.lines - b.lines)
    expect(sizes.filter(({ lines }) => lines > 450)).toEqual([])
    expect(sizes[Math.floor(sizes.length * 0.9)]!.lines).toBeLessThan(300)
  })

  it('are no barrels: none that only passes on what others export', () => {
    const barrels = sources.filter(({ text }) => {
      const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
      const statements = code.split('\n').filter((line) => line.trim())
      return statements.length > 0 && statements.every((line) => /^export (type )?[*{].*from/.test(line))
    })
    expect(barrels.map(({ path }) => path)).toEqual([])
  })

  it('have names that say what is in them', () => {
    const vague = sources.filter(({ path }) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.)/.test(path))
    expect(vague.map(({ path }) => path)).toEqual([])
    const odd = sources.filter(({ path }) => {
      const name = path.split('/').at(-1)!
      return name.endsWith('.vue') ? !/^[A-Z][A-Za-z0-9]*\.vue$/.test(name) : !/^[a-z0-9-]+(\.d)?\.ts$/.test(name)
    })
    expect(odd.map(({ path }) => path)).toEqual([])
  })

  it('export by name; default exports are for plug-ins, migrations and jobs', () => {
    const plugins =
      /^src-main\/(ml\/(families|modalities|attribution|fairness|decode\/tables)|db\/migrations|worker\/jobs)\//
    const wrong = sources.filter(({ path, text }) => /^export default/m.test(text) && !plugins.test(path))
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  it('name no host but this machine', () => {
    const allowed =
      /^(https?|wss?):\/\/(\*\/|127\.0\.0\.1|localhost|local\b|\$\{|www\.w3\.org\/|arxiv\.org\/|doi\.org\/|github\.com\/)/
    const wrong = offences(({ text }) =>
      (text.match(/(https?|wss?):\/\/[^\s'"`)<]+/g) ?? []).filter((url) => !allowed.test(url)),
    )
    // References of plug-ins are addresses to read, never to fetch.
    expect(wrong.filter((line) => !/^src-main\/ml\//.test(line))).toEqual([])
  })
})

describe('this test itself', () => {
  it('sees every form of import', () => {
    const text = `
      import a from './a'
      import type { B } from '../b'
      import { c,
        d } from "@shared/c"
      export { e } from './e'
      import 'f'
      // import g from './g'
      /* import h from './h' */
      const i = await import('./i')
      const j = require('j')`
    expect(importsOf('src-main/x/y.ts', text)).toEqual([
      { specifier: './a', file: 'src-main/x/a', isTypeOnly: false },
      { specifier: '../b', file: 'src-main/b', isTypeOnly: true },
      { specifier: '@shared/c', file: 'src-shared/c', isTypeOnly: false },
      { specifier: './e', file: 'src-main/x/e', isTypeOnly: false },
      { specifier: 'f', file: null, isTypeOnly: false },
      { specifier: './i', file: 'src-main/x/i', isTypeOnly: false },
      { specifier: 'j', file: null, isTypeOnly: false },
    ])
  })

  it('and lint know the same homes', () => {
    const lint = readFileSync(join(root, 'eslint.config.js'), 'utf8')
    for (const name of ['sqlite3', '@tensorflow/tfjs', '@tensorflow/tfjs-node-gpu']) expect(lint).toContain(name)
  })
})
