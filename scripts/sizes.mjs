// What an app pays: the page's half and the worker's half of varve, bundled, minified and compressed as an app
// would, against a limit each. Growth past a limit is a decision, not an accident.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const kB = 1000
const source = 'packages/varve/src'
const bundles = [
  {
    name: 'page',
    doors: ['index.ts', 'react/index.ts'],
    external: ['react', 'react/jsx-runtime'],
    limit: 16 * kB,
  },
  { name: 'worker', doors: ['worker/index.ts'], external: [], limit: 55 * kB },
]

let over = 0
for (const { name, doors, external, limit } of bundles) {
  const missing = doors.find((door) => !existsSync(`${source}/${door}`))
  if (missing) {
    console.log(`${name.padEnd(8)} skipped: no ${missing} yet`)
    continue
  }
  const bytes = await bundledBytes(doors, external)
  const verdict = bytes > limit ? 'OVER' : 'ok'
  if (bytes > limit) over += 1
  console.log(`${name.padEnd(8)} ${format(bytes)} of ${format(limit)} gzipped  ${verdict}`)
}
process.exitCode = over === 0 ? 0 : 1

/** @param {string[]} doors @param {string[]} external */
async function bundledBytes(doors, external) {
  const entry = 'virtual:entry'
  const code = doors.map((door) => `export * from ${JSON.stringify(resolve(source, door))}`).join('\n')
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? entry : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2024',
      // Without this nothing of the entry's exports would be kept.
      rolldownOptions: { input: entry, external, preserveEntrySignatures: 'strict' },
    },
  })
  const outputs = [result].flat().flatMap((one) => ('output' in one ? one.output : []))
  return outputs.reduce(
    (sum, part) => sum + (part.type === 'chunk' ? gzipSync(part.code, { level: 9 }).length : 0),
    0,
  )
}

/** @param {number} bytes */
function format(bytes) {
  return `${(bytes / kB).toFixed(1)} kB`.padStart(8)
}
