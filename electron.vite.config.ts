import { resolve } from 'node:path'
import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'

const root = import.meta.dirname
const shared = { '@shared': resolve(root, 'src-shared') }
const version = JSON.stringify(process.env['npm_package_version'] ?? '0.1.0')

/**
 * Tailwind registers `--tw-ring-inset` and its like with `@property` and reads them with an empty fallback,
 * `var(--tw-ring-inset, )`. Chromium 114 takes an empty fallback of a registered property for invalid and drops the
 * declaration: the borders of fields, boxes and buttons would be missing. Unregistered, reset on every element instead
 * (so that they are not inherited), they mean the same in every version.
 */
function emptyFallbacks(): Plugin {
  return {
    name: 'empty-fallbacks',
    // After Tailwind's own step, which runs before the rest too.
    enforce: 'pre',
    transform(code, id) {
      if (!/\.css(\?|$)/.test(id)) return null
      const names = new Set([...code.matchAll(/var\((--tw-[\w-]+),\s*\)/g)].map(([, name]) => name!))
      if (names.size === 0) return null
      const rest = code.replace(/@property\s+(--tw-[\w-]+)\s*\{[^}]*\}/g, (rule, name) => (names.has(name) ? '' : rule))
      const resets = [...names].map((name) => `${name}:initial`).join(';')
      return `${rest}\n@layer base{*,::before,::after,::backdrop{${resets}}}`
    },
  }
}

// The main and preload bundles are CommonJS for Node 18.15, the renderer for Chromium 114: the oldest Electron that
// set-up may bring (see ARCHITECTURE.md, "Which Electron").
export default defineConfig({
  main: {
    define: { __VERSION__: version },
    resolve: { alias: shared },
    build: {
      target: 'node18',
      outDir: 'out/main',
      rollupOptions: {
        input: {
          index: resolve(root, 'src-main/index.ts'),
          cli: resolve(root, 'src-main/headless/cli.ts'),
          worker: resolve(root, 'src-main/worker/entry.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    resolve: { alias: shared },
    build: {
      target: 'node18',
      outDir: 'out/preload',
      // A sandboxed preload can require nothing but electron: everything else goes into its one file.
      externalizeDeps: false,
      rollupOptions: {
        input: { index: resolve(root, 'src-preload/index.ts') },
        external: ['electron'],
        output: { format: 'cjs', entryFileNames: '[name].js' },
      },
    },
  },
  renderer: {
    root: resolve(root, 'src-renderer'),
    resolve: { alias: { ...shared, '@renderer': resolve(root, 'src-renderer/src') } },
    plugins: [
      vue(),
      ui({
        ui: { colors: { primary: 'teal', neutral: 'slate' } },
        autoImport: false,
        components: { dts: false },
        // Only the icons that the sources name are bundled; nothing is fetched at run time.
        icon: { clientBundle: { scan: { globInclude: ['src/**/*.{vue,ts}'] } } },
      }),
      emptyFallbacks(),
    ],
    build: {
      target: 'chrome114',
      outDir: resolve(root, 'out/renderer'),
      emptyOutDir: true,
      rollupOptions: { input: resolve(root, 'src-renderer/index.html') },
    },
  },
})
