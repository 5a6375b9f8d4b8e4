// Every rule of SPEC.md has a test that quotes it, and every quoted rule exists.
// A rule is a line, heading, list item or table row that starts with its id in bold: `**R3** …`. A test quotes
// rules at the start of its title: `R3 an undisturbed commit keeps its events`, `A5 A6 …`. Contract suites in
// a testing/ folder count as tests; a test that is skipped does not. (--no-docs: SPEC.md may be missing.)
import { existsSync, readFileSync } from 'node:fs'
import { listFiles, walkSource } from './sources.mjs'

const document = 'SPEC.md'
const testFile = /\.(test|spec)\.tsx?$|\/testing\/.+\.tsx?$|-cases\.ts$/

if (!existsSync(document)) {
  const allowed = process.argv.includes('--no-docs')
  console.log(`rules: ${document} is missing`)
  process.exit(allowed ? 0 : 1)
}

const ruleAtStart = /^\s*(?:#+\s+|[-*]\s+|\d+\.\s+|\|\s*)?\*\*([A-Z]{1,2}\d+)\b/gm
const rules = [...readFileSync(document, 'utf8').matchAll(ruleAtStart)].map((match) => String(match[1]))
const quotes = ['packages', 'apps', 'e2e'].flatMap((folder) => listFiles(folder, testFile)).flatMap(quotesOf)

const quoted = new Set(quotes.map(({ rule }) => rule))
const problems = [
  ...rules.filter((rule, index) => rules.indexOf(rule) !== index).map((rule) => `${rule}: stated twice`),
  ...rules.filter((rule) => !quoted.has(rule)).map((rule) => `${rule}: no test quotes it`),
  ...quotes
    .filter(({ rule }) => !rules.includes(rule))
    .map(({ rule, place }) => `${place}: quotes ${rule}, which ${document} does not state`),
]
for (const problem of problems) console.error(problem)
console.log(`rules: ${rules.length} stated, ${quoted.size} quoted, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1

/** @param {string} path @returns {{ rule: string, place: string }[]} */
function quotesOf(path) {
  /** @type {{ node: import('./sources.mjs').Node, rules: string[] }[]} */
  const found = []
  const lineOf = walkSource(path, (node) => {
    if (node.type !== 'CallExpression' || isSkipped(node.callee)) return
    // Any call of a title and a function is a test or a group of them, whatever wraps the runner.
    const [title, ...others] = node.arguments
    if (!others.some((/** @type {any} */ { type }) => /Function/.test(type))) return
    const text = title.type === 'TemplateLiteral' ? title.quasis[0].value.cooked : title.value
    const ids = /^(?:[A-Z]{1,2}\d+[,:]?\s+)+/.exec(typeof text === 'string' ? text : '')
    if (ids) found.push({ node, rules: ids[0].match(/[A-Z]+\d+/g) ?? [] })
  })
  return found.flatMap(({ node, rules }) => rules.map((rule) => ({ rule, place: `${path}:${lineOf(node)}` })))
}

/** Is `skip`, `todo` or `fixme` part of the callee? @param {any} callee @returns {boolean} */
function isSkipped(callee) {
  if (callee?.type !== 'MemberExpression') return false
  return ['skip', 'todo', 'fixme'].includes(callee.property.name) || isSkipped(callee.object)
}
