import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/**
 * The code in the READMEs, as a stranger would copy it: written to files of its own inside the package whose
 * dependencies it has, compiled, and run by Node. A block says its file's name: ```ts hello.ts
 */
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const documents = [
  { readme: 'README.md', folder: 'packages/varve/.cache/readme/root' },
  { readme: 'packages/varve/README.md', folder: 'packages/varve/.cache/readme/package' },
  { readme: 'packages/varve-server/README.md', folder: 'packages/varve-server/.cache/readme' },
  { readme: 'packages/varve/RECIPES.md', folder: 'packages/varve/.cache/readme/recipes' },
] as const
const folders = ['packages/varve/.cache/readme', 'packages/varve-server/.cache/readme']
const timeout = 120_000

function writeBlocks({ readme, folder }: (typeof documents)[number]): void {
  mkdirSync(root + folder, { recursive: true })
  const blocks = readFileSync(root + readme, 'utf8').matchAll(/^```tsx? (\S+)\n([\s\S]*?)^```$/gm)
  for (const [, name, text] of blocks) writeFileSync(`${root}${folder}/${name}`, text as string)
}

/** What it prints; rejects with it if it fails. */
async function run(script: string, args: readonly string[] = []): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], { cwd: root })
    return stdout
  } catch (thrown) {
    const { stdout = '', stderr = '' } = thrown as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${script} failed.\n${stdout}${stderr}`, { cause: thrown })
  }
}

beforeAll(() => {
  for (const document of documents) writeBlocks(document)
})
afterAll(() => {
  for (const folder of folders) rmSync(root + folder, { recursive: true, force: true })
})

describe('the code in the READMEs', () => {
  it('names a file in every block of TypeScript', () => {
    for (const { readme } of documents) {
      expect(readFileSync(root + readme, 'utf8'), readme).not.toMatch(/^```tsx?$/m)
    }
  })

  it('compiles', { timeout }, async () => {
    const config = `${root}packages/varve/.cache/readme/tsconfig.json`
    const include = documents.map(({ folder }) => root + folder)
    writeFileSync(config, JSON.stringify({ extends: `${root}tsconfig.json`, include, exclude: [] }))
    expect(await run('node_modules/typescript/bin/tsc', ['--noEmit', '-p', config])).toBe('')
  })

  it('README.md: the hello world runs and prints what its comments say', { timeout }, async () => {
    const printed = await run(`${documents[0].folder}/hello.ts`)
    expect(printed.trim().split('\n')).toEqual([
      'revenue: 0',
      'revenue: 1250',
      'refused: cart_closed',
      "cart.itemAdded { sku: 'cup', cents: 1250 }",
      'cart.checkedOut { total: 1250 }',
      'revenue in 1970: 0',
    ])
  })

  it('varve: the tests of a model pass', { timeout }, async () => {
    for (const file of ['cart.test.ts', 'cart-simulation.test.ts'])
      await run(`${documents[1].folder}/${file}`)
  })

  it('varve-server: the policy answers the order', { timeout }, async () => {
    expect(await run(`${documents[2].folder}/policies.ts`)).toBe('{ free: 2 }\n')
  })

  it('varve-server: the effect asks once, and writes the answer', { timeout }, async () => {
    expect(await run(`${documents[2].folder}/effects.ts`)).toBe("{ paid: true } [ 'receipt 1 over 1250' ]\n")
  })
})
