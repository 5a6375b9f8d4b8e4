import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(`${root}decisions`).map((name) => `decisions/${name}`),
  'packages/varve/README.md',
  'packages/varve/RECIPES.md',
  'packages/varve-server/README.md',
]

describe('the documents', () => {
  it('link to what is there', () => {
    const broken: string[] = []
    for (const document of documents) {
      const links = readFileSync(root + document, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)
      for (const [, target = ''] of links) {
        if (!existsSync(join(root, dirname(document), target))) broken.push(`${document}: ${target}`)
      }
    }
    expect(broken).toEqual([])
  })

  it('name files that are there, in the table of roles', () => {
    const architecture = readFileSync(`${root}ARCHITECTURE.md`, 'utf8')
    const table = /^## Role → file\n([\s\S]*?)^## /m.exec(architecture)?.[1] ?? ''
    const cells = [...table.matchAll(/^\| [^|]+ \| ([^|]+) \|$/gm)].map(([, cell = '']) => cell)
    expect(cells.length).toBeGreaterThan(20)
    expect(cells.flatMap(missingIn)).toEqual([])
  })

  it('name scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
      readonly scripts: object
    }
    for (const document of documents) {
      const named = readFileSync(root + document, 'utf8').matchAll(/npm run ([a-z0-9:]+)/g)
      for (const [, name = ''] of named) expect(Object.keys(scripts), document).toContain(name)
    }
  })
})

/** `core/commit.ts`, `hash.ts`: a name without a folder is in the folder of the one before. */
function missingIn(cell: string): readonly string[] {
  const missing: string[] = []
  let folder = ''
  for (const [, path = ''] of cell.matchAll(/`([^`]+)`/g)) {
    if (path.includes('/') && !path.endsWith('/')) folder = dirname(path)
    const place = path.includes('/') && !path.endsWith('/') ? path : `${folder}/${path}`
    const candidates = ['packages/varve/src', 'packages', '.'].flatMap((base) => [
      `${base}/${place}`,
      `${base}/${path}`,
    ])
    if (!candidates.some(isThere)) missing.push(path)
  }
  return missing
}

/** A path that may hold a `*`. */
function isThere(path: string): boolean {
  if (!path.includes('*')) return existsSync(root + path)
  const folder = root + dirname(path)
  const name = path.slice(dirname(path).length + 1)
  const [start = '', end = ''] = name.split('*')
  return (
    existsSync(folder) && readdirSync(folder).some((file) => file.startsWith(start) && file.endsWith(end))
  )
}
