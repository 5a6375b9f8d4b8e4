// What an app pays: the page's half and the worker's half of varve, bundled, minified and compressed as an app
// would, against a limit each. What a half loads when it starts is counted apart from what it loads later, by
// `import()`. Growth past a limit is a decision, not an accident.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'vite'

const kB = 1000
const source = 'packages/varve/src'
/**
 * Limits in bytes after gzip and after brotli (decision 18 says why the worker's are these).
 * @typedef {{ gzip: number, brotli: number }} Size
 * @type {{ doors: string[], external: string[], parts: { name: string, limit: Size }[] }[]}
 */
const halves = [
  {
    doors: ['index.ts', 'react/index.ts'],
    external: ['react', 'react/jsx-runtime'],
    parts: [{ name: 'page', limit: { gzip: 16 * kB, brotli: 14.5 * kB } }],
  },
  {
    doors: ['worker/index.ts'],
    external: [],
    parts: [
      { name: 'worker', limit: { gzip: 67.4 * kB, brotli: 59.6 * kB } },
      { name: 'worker, later: sync', limit: { gzip: 11 * kB, brotli: 10 * kB } },
    ],
  },
]

let over = 0
for (const { doors, external, parts } of halves) {
  const missing = doors.find((door) => !existsSync(`${source}/${door}`))
  if (missing) {
    console.log(`${parts[0]?.name.padEnd(20)} skipped: no ${missing} yet`)
    continue
  }
  const sizes = sizesOf(await bundle(doors, external))
  const none = { name: `${parts[0]?.name}, later`, limit: { gzip: 0, brotli: 0 } }
  // A half that does nothing later has one part, and must stay so.
  for (const [index, { name, limit }] of [...parts, none].slice(0, 2).entries()) {
    const size = sizes[index] ?? { gzip: 0, brotli: 0 }
    if (limit.gzip === 0 && size.gzip === 0) continue
    const isOver = size.gzip > limit.gzip || size.brotli > limit.brotli
    if (isOver) over += 1
    const figures = [`gzip ${format(size.gzip, limit.gzip)}`, `brotli ${format(size.brotli, limit.brotli)}`]
    console.log(`${name.padEnd(20)} ${figures.join(', ')}  ${isOver ? 'OVER' : 'ok'}`)
  }
}
process.exitCode = over === 0 ? 0 : 1

/** @typedef {{ type: string, fileName: string, isEntry?: boolean, code?: string, imports?: string[] }} Output */

/**
 * The entry and all it imports, then the chunks that come later.
 * @param {Output[]} outputs
 * @returns {Size[]}
 */
function sizesOf(outputs) {
  const chunks = outputs.filter(({ type }) => type === 'chunk')
  const atStart = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName))
  // A set that grows while it is walked: imports of imports are walked too.
  for (const name of atStart) {
    for (const each of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) atStart.add(each)
  }
  const sizeOf = (/** @type {boolean} */ isAtStart) => {
    const codes = chunks
      .filter(({ fileName }) => atStart.has(fileName) === isAtStart)
      .map(({ code = '' }) => code)
    const sum = (/** @type {(code: string) => Uint8Array} */ pack) =>
      codes.reduce((bytes, code) => bytes + pack(code).length, 0)
    return {
      gzip: sum((code) => gzipSync(code, { level: 9 })),
      brotli: sum((code) => brotliCompressSync(code)),
    }
  }
  return [sizeOf(true), sizeOf(false)]
}

/** @param {string[]} doors @param {string[]} external @returns {Promise<Output[]>} */
async function bundle(doors, external) {
  const entry = 'virtual:entry'
  const code = doors.map((door) => `export * from ${JSON.stringify(resolve(source, door))}`).join('\n')
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    plugins: [
      {
        name: 'entry',
        enforce: 'pre',
        resolveId: (id) => (id === entry ? entry : undefined),
        load(id) {
          if (id === entry) return code
          // What Vite puts around `import()` in a page; in a worker it leaves it as it is.
          if (id.endsWith('vite/preload-helper.js')) return 'export const __vitePreload = (load) => load()'
        },
      },
    ],
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2024',
      // Without this nothing of the entry's exports would be kept; a later chunk may use more of the entry than those.
      rolldownOptions: { input: entry, external, preserveEntrySignatures: 'allow-extension' },
    },
  })
  return [result].flat().flatMap((one) => ('output' in one ? one.output : []))
}

/** @param {number} bytes @param {number} limit */
function format(bytes, limit) {
  return `${(bytes / kB).toFixed(1)} of ${(limit / kB).toFixed(1)} kB`
}
