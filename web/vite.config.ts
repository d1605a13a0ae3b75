import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const PREACT = { jsx: { runtime: 'automatic', importSource: 'preact' } } as const

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // All addresses are relative, so that a proxy can serve the page at any path.
  base: './',
  oxc: PREACT,
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // The page's Content-Security-Policy allows no inline scripts.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
})
