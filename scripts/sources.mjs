// Finds the workspace's source files and reads them as syntax trees, for the scripts that check them.
// The trees are plain ESTree with TypeScript nodes, made by the parser that Vite carries.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'

const skipped = new Set(['node_modules', 'dist', 'coverage', 'test-results'])

/**
 * Every file below a folder whose path matches, in a stable order, with forward slashes.
 * @param {string} folder
 * @param {RegExp} pattern
 * @returns {string[]}
 */
export function listFiles(folder, pattern = /\.tsx?$/) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name).replaceAll('\\', '/')
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : listFiles(path, pattern)
      return pattern.test(path) ? [path] : []
    })
    .sort()
}

/**
 * @typedef {{ type: string, start: number, [field: string]: any }} Node
 * @param {string} path
 * @param {(node: Node, parent: Node) => void} visit called for every node, parents first
 * @returns {(node: Node) => number} gives the line of a node
 */
export function walkSource(path, visit) {
  const text = readFileSync(path, 'utf8')
  const { program, errors } = parseSync(path, text)
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`)
  /** @param {any} value @param {Node} parent */
  const walk = (value, parent) => {
    if (Array.isArray(value)) for (const item of value) walk(item, parent)
    else if (value && typeof value === 'object') {
      const isNode = typeof value.type === 'string'
      if (isNode) visit(value, parent)
      for (const key of Object.keys(value)) walk(value[key], isNode ? value : parent)
    }
  }
  walk(program, /** @type {any} */ (program))
  return (node) => text.slice(0, node.start).split('\n').length
}
