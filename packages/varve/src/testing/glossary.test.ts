import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../../../', import.meta.url)
const glossary = readFileSync(new URL('GLOSSARY.md', root), 'utf8')

/** The words of all identifiers and strings of a source text, in lower case: `readModelOf` gives read, model, of. */
function wordsOf(text: string): readonly string[] {
  return text.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase())
}

describe('GLOSSARY.md', () => {
  it('has no banned word among the words of the source', () => {
    const line = /^## Never an identifier\n\n(.+)$/m.exec(glossary)?.[1] ?? ''
    const banned = line.split(', ').map((word) => ` ${wordsOf(word).join(' ')} `)
    expect(banned.length).toBeGreaterThan(5)
    const found: string[] = []
    for (const folder of [
      'packages/varve/src',
      'packages/varve-server/src',
      'apps/shop/src',
      'apps/shop/server',
    ]) {
      for (const path of readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })) {
        if (!/\.tsx?$/.test(path) || path.includes('node_modules') || path.endsWith('glossary.test.ts'))
          continue
        const words = ` ${wordsOf(readFileSync(new URL(`${folder}/${path}`, root), 'utf8')).join(' ')} `
        found.push(
          ...banned.filter((word) => words.includes(word)).map((word) => `${folder}/${path}:${word}`),
        )
      }
    }
    expect(found).toEqual([])
  })

  it('defines no word twice in a section', () => {
    for (const section of glossary.split(/^## /m).slice(1)) {
      const words = [...section.matchAll(/^\| ([^|]+) \|/gm)].map((row) => row[1])
      expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([])
    }
  })
})
