// Checks the folder borders inside packages/varve/src: who may import whom, which folder is the only home of an
// npm package, and that nothing impure is named in core and protocol. `import type` counts: a border is about
// what one must know to read a file, not only about what is loaded.
// The table below is the truth; ARCHITECTURE.md must print the same one (--print writes it, --no-docs leaves
// ARCHITECTURE.md alone while it does not exist).
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path/posix'
import { listFiles, walkSource } from './sources.mjs'

const source = 'packages/varve/src'
const document = 'ARCHITECTURE.md'

/**
 * A folder may import itself and what its row lists. `home` are the npm packages that live here and nowhere
 * else, unless another row names them too.
 * @type {Record<string, { imports: string[], home: string[], duty: string }>}
 */
const rows = {
  core: {
    imports: [],
    home: ['@noble/hashes', 'canonicalize', '@standard-schema/spec'],
    duty: 'pure: events, streams, decisions, folds, clocks, reconcile, accept',
  },
  protocol: {
    imports: ['core'],
    home: [],
    duty: 'the messages both sides speak, and the session as a pure machine',
  },
  log: { imports: ['core'], home: ['dexie'], duty: 'remember: one port; IndexedDB and memory behind it' },
  engine: { imports: ['core', 'log'], home: [], duty: 'run: decide, append, fold, publish' },
  export: {
    imports: ['core', 'log'],
    home: [],
    duty: 'copy a store out of the browser; the door `varve/export`',
  },
  sync: {
    imports: ['core', 'protocol', 'engine', 'log'],
    home: [],
    duty: 'agree: transport, backoff, leader, identity',
  },
  'worker/contract': { imports: ['core'], home: [], duty: 'all that crosses the worker border' },
  'worker/connect': {
    imports: ['core', 'worker/contract'],
    home: ['comlink'],
    duty: 'the border, outside: it keeps Dexie out of the page',
  },
  'worker/serve': {
    imports: ['core', 'protocol', 'log', 'engine', 'sync', 'worker/contract'],
    home: ['comlink'],
    duty: 'the border, inside; the door `varve/worker`',
  },
  store: {
    imports: ['core', 'worker/contract', 'worker/connect'],
    home: ['rxjs'],
    duty: 'watch: what a page holds',
  },
  react: { imports: ['core', 'store'], home: ['react'], duty: 'a provider and a few hooks' },
  testing: {
    imports: [
      'core',
      'protocol',
      'log',
      'engine',
      'sync',
      'worker/contract',
      'worker/connect',
      'worker/serve',
      'store',
    ],
    home: [],
    duty: 'given/when/then, simulation, contract suites',
  },
  index: { imports: ['core', 'store', 'worker/connect'], home: [], duty: 'the door `varve`' },
}

/** Files that only tests load; they are never built. */
const testFile = /\.(test|test-d|bench|fixture)\.tsx?$/

/** What a test may import on top of its folder's row. */
const forTests = {
  folders: ['testing'],
  packages: ['vitest', '@vitest/browser-playwright', 'fast-check', 'fake-indexeddb', 'valibot', 'react-dom'],
}

const pure = ['core', 'protocol']
/** Names that make a run differ from its replay. The compiler refuses the others there (tsconfig.pure.json). */
const impure = new Set([
  'Date',
  'Intl',
  'performance',
  'crypto',
  'globalThis',
  'setTimeout',
  'setInterval',
  'queueMicrotask',
  'process',
  'fetch',
])

if (process.argv.includes('--print')) {
  process.stdout.write(`${table()}\n`)
} else {
  const problems = [...listFiles(source).flatMap(problemsOfFile), ...problemsOfDocument()]
  for (const problem of problems) console.error(problem)
  console.log(`borders: ${problems.length === 0 ? 'kept' : `${problems.length} broken`}`)
  process.exitCode = problems.length === 0 ? 0 : 1
}

/** @param {string} path @returns {string[]} */
function problemsOfFile(path) {
  const folder = rowOf(path)
  const row = rows[folder]
  if (!row) return [`${path}: the folder "${folder}" has no row in scripts/borders.mjs`]
  const isTest = testFile.test(path)
  const folders = [folder, ...row.imports, ...(isTest ? forTests.folders : [])]
  /** @type {{ node: import('./sources.mjs').Node, problem: string }[]} */
  const found = []

  const lineOf = walkSource(path, (node, parent) => {
    const specifier = specifierOf(node)
    const problem = specifier !== undefined ? problemOfImport(specifier) : problemOfName(node, parent)
    if (problem) found.push({ node, problem })
  })
  return found.map(({ node, problem }) => `${path}:${lineOf(node)}: ${problem}`)

  /** @param {string} specifier */
  function problemOfImport(specifier) {
    if (specifier.startsWith('.')) {
      const target = join(dirname(path), specifier)
      if (relative(source, target).startsWith('..')) return `"${specifier}" leaves ${source}`
      if (!/\.(tsx?|json)$/.test(specifier))
        return `"${specifier}" needs its extension: Node runs these files`
      if (!isTest && testFile.test(specifier)) return `"${specifier}" is for tests only`
      if (folders.includes(rowOf(target))) return
      return `${folder} may not import ${rowOf(target)} ("${specifier}")`
    }
    if (specifier.startsWith('node:'))
      return isTest ? undefined : `"${specifier}": this package runs in browsers`
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    if (
      row?.home.includes(name) ||
      (isTest && (forTests.packages.includes(name) || homesOf(name).length > 0))
    )
      return
    return `${folder} may not import ${name}; its home: ${homesOf(name).join(', ') || 'none'}`
  }

  /** @param {import('./sources.mjs').Node} node @param {import('./sources.mjs').Node} parent */
  function problemOfName(node, parent) {
    if (isTest || !pure.includes(folder)) return
    const isMember = parent.type === 'MemberExpression' && parent.property === node && !parent.computed
    const isKey = parent.key === node && !parent.computed && !parent.shorthand
    if (node.type === 'Identifier' && impure.has(node.name) && !isMember && !isKey) {
      return `${folder} is pure: no ${node.name} here`
    }
    if (node.type === 'MemberExpression' && node.object.name === 'Math' && node.property.name === 'random') {
      return `${folder} is pure: no Math.random here`
    }
  }
}

/** Imports, re-exports, dynamic imports and `import('…')` types all count.
 * @param {import('./sources.mjs').Node} node @returns {string | undefined} */
function specifierOf(node) {
  const importing = /^(Import|Export(Named|All))Declaration$|^ImportExpression$|^TSImportType$/
  if (importing.test(node.type)) return node.source?.value
}

/** The row that a file belongs to. In worker/ what is neither contract nor connect is the serving side.
 * @param {string} path */
function rowOf(path) {
  const [folder = '', ...rest] = relative(source, path).split('/')
  if (rest.length === 0) return folder.replace(/\..*$/, '')
  if (folder !== 'worker') return folder
  return `worker/${/^(contract|connect)\b/.exec(rest[0] ?? '')?.[0] ?? 'serve'}`
}

/** @param {string} name */
function homesOf(name) {
  return Object.keys(rows).filter((folder) => rows[folder]?.home.includes(name))
}

function table() {
  const lines = Object.entries(rows).map(
    ([folder, { imports, home, duty }]) =>
      `| \`${folder}\` | ${imports.join(', ') || 'nothing'} | ${home.join(', ') || '–'} | ${duty} |`,
  )
  return ['| folder | may import | home of | duty |', '|---|---|---|---|', ...lines].join('\n')
}

function problemsOfDocument() {
  if (!existsSync(document)) return process.argv.includes('--no-docs') ? [] : [`${document} is missing`]
  const printed = /<!-- borders -->\n+([\s\S]*?)\n+<!-- \/borders -->/.exec(
    readFileSync(document, 'utf8'),
  )?.[1]
  if (printed?.trim() === table()) return []
  return [`${document}: its border table differs; put the output of "node scripts/borders.mjs --print" there`]
}
