import { join, resolve } from 'node:path'
import { build } from 'vite'

export const root = resolve(import.meta.dirname, '../..')

/**
 * Bundles entries with the product's own sources into `.cache/<folder>`, so that a bench needs no build of the whole app.
 * Returns that folder.
 *   input    paths by name
 *   format   'cjs', as the app is bundled, or 'es'
 */
export async function bundle(folder, input, format = 'cjs') {
  const outDir = join(root, '.cache', folder)
  const isModule = format === 'es'
  const extension = isModule ? 'mjs' : 'js'
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    define: { __VERSION__: JSON.stringify('bench'), ...(isModule && { __filename: 'import.meta.filename' }) },
    resolve: { alias: { '@shared': join(root, 'src-shared') } },
    build: {
      ssr: true,
      target: isModule ? 'node20' : 'node18',
      outDir,
      emptyOutDir: true,
      rollupOptions: {
        input,
        output: { format, entryFileNames: `[name].${extension}`, chunkFileNames: `chunks/[name]-[hash].${extension}` },
      },
    },
  })
  return outDir
}
