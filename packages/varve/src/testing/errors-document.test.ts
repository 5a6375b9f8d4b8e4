import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { codes } from '../core/errors.ts'
import { refusalClasses } from '../protocol/messages.ts'
import { problemOf } from '../protocol/problems.ts'
import { nothingKnown, statusOf } from '../store/status.ts'

const document = readFileSync(new URL('../../../../ERRORS.md', import.meta.url), 'utf8')

/** The paragraphs below a second heading: code and text. */
function paragraphsOf(section: string): ReadonlyMap<string, string> {
  const body = document.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? ''
  const paragraphs = body.split(/^### /m).slice(1)
  return new Map(paragraphs.map((text) => [/^`([a-z_]+)`\n/.exec(text)?.[1] ?? text, text]))
}

function headingsOf(section: string): readonly string[] {
  return [...paragraphsOf(section).keys()].toSorted()
}

describe('ERRORS.md', () => {
  it('has a paragraph for each code of a VarveError, and none without a code', () => {
    expect(headingsOf('Failures')).toEqual([...codes].toSorted())
  })

  it('has a paragraph for each refusal, and none without one', () => {
    expect(headingsOf('Refusals')).toEqual(Object.keys(refusalClasses).toSorted())
  })

  it('names the class of each refusal', () => {
    const classes = [...paragraphsOf('Refusals')].map(([code, text]) => [
      code,
      /Class `([a-z_]+)`/.exec(text)?.[1],
    ])
    expect(Object.fromEntries(classes)).toEqual(refusalClasses)
  })

  it('has a paragraph for each problem that is only shown', () => {
    const shown = [
      problemOf('stuck'),
      statusOf({ ...nothingKnown, signIn: true }).problem,
      statusOf({ ...nothingKnown, lost: 'store_lost' }).problem,
    ]
    expect(headingsOf('Problems that are only shown')).toEqual(
      shown.map((problem) => problem?.code).toSorted(),
    )
  })

  it('says of each what is safe and how to go on', () => {
    for (const section of ['Failures', 'Refusals', 'Problems that are only shown']) {
      for (const [code, text] of paragraphsOf(section)) {
        expect(text.replaceAll('\n', ' '), code).toMatch(/\*\*Safe:\*\* .+ \*\*Go on:\*\* ./)
      }
    }
  })
})
