import { join, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../../..')
const outDir = join(root, '.cache', 'bench-engine')

/** Bundles the bench's workers with the product's own sources. Returns where they lie. */
export async function bundleWorkers() {
  const input = Object.fromEntries(
    ['pellucid', 'plain'].map((name) => [name, join(import.meta.dirname, `${name}.mjs`)]),
  )
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    define: { __VERSION__: JSON.stringify('bench'), __filename: 'import.meta.filename' },
    resolve: { alias: { '@shared': join(root, 'src-shared') } },
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      emptyOutDir: true,
      rollupOptions: {
        input,
        output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
      },
    },
  })
  return outDir
}
