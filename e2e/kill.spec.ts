/** The device is killed at each point around a write, in the real browser. Many more: `npm run e2e:kill`. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@playwright/test'
import { writeNames } from '../packages/varve/src/log/write-transaction.ts'
import { listFiles } from '../scripts/sources.mjs'
import { kinds, newProfile } from './kill/browser.ts'
import { type Built, buildPage, type Change } from './kill/build.ts'
import { type Chapter, chapters } from './kill/chapters.ts'
import { answersEarly, claimsTooMuch, writesTwice } from './kill/controls.ts'
import { openGround } from './kill/ground.ts'
import { places } from './kill/points.ts'
import { type Death, type Outcome, type Round, runRound } from './kill/round.ts'
import { runUntilKilled } from './kill/sure-kill.ts'

// For a machine that does much else.
test.setTimeout(600_000)

/** Tests run beside each other; each part has all kinds of death, and late points as well as early ones. */
const parts = 5

/** Built once, for all tests of a process that take it as it is. */
let asItIs: Promise<Built> | null = null

type Short = Pick<Round, 'chapters' | 'death'>
const usual = { livesOn: false, tells: 'where it dies' } as const

/** Each on the same profile. */
async function live(rounds: readonly Short[], changes: readonly Change[] = []): Promise<Outcome[]> {
  if (changes.length === 0) asItIs ??= buildPage()
  const building = changes.length > 0 || asItIs === null ? buildPage(changes) : asItIs
  const ground = await openGround(await building)
  const device = newProfile()
  try {
    const outcomes: Outcome[] = []
    for (const [index, round] of rounds.entries()) {
      outcomes.push(await runRound(device, ground, { ...usual, name: `round-${index}`, ...round }))
    }
    return outcomes
  } finally {
    await device.remove()
    await ground.close()
  }
}

/** Here the last time: a wish was saved then, and another one is on its way. */
const diesLate: Chapter = 'frozen'

for (let part = 0; part < parts; part += 1) {
  test(`X26 killed at a point around a write, a device comes back with all it had acknowledged (${part + 1} of ${parts})`, async () => {
    const deaths: readonly Death[] = places
      .map(({ chapter, point, times }, index) => ({
        ...{ chapter, point, nth: chapter === diesLate ? times : 1 },
        kind: kinds[index % kinds.length] ?? 'browser',
      }))
      .filter((_, index) => index % parts === part)
    const outcomes = await live(deaths.map((death) => ({ chapters: [death.chapter], death })))
    const told = outcomes.map(({ problems, diedIn }, index) => ({
      ...deaths[index],
      died: diedIn !== null,
      problems,
    }))
    expect(told).toEqual(deaths.map((death) => ({ ...death, died: true, problems: [] })))
  })
}

test('X26 a life that does not come to its point is followed by one that does, and a point that is nowhere is told', async () => {
  asItIs ??= buildPage()
  const ground = await openGround(await asItIs)
  const device = newProfile()
  try {
    // Where the store is made and where a leader takes its name; after another chapter it is there already.
    const death: Death = { chapter: 'online', point: 'store: row written', nth: 2, kind: 'browser' }
    const round: Round = { ...usual, name: 'late', chapters: ['restored', 'online'], death }
    const sure = await runUntilKilled(device, ground, { ...round, death })
    // A fast machine takes the name while the page still opens.
    expect(['open', 'catch up']).toContain(sure.diedIn)
    expect(sure.problems).toEqual([])
    expect(sure.lives.map(({ chapters }) => chapters)).toEqual([
      ['restored', 'online'],
      ['online', 'restored'],
    ])
    const nowhere = { ...death, point: 'nowhere' }
    const never = { ...round, name: 'never', chapters: ['online'] as const, death: nowhere }
    expect(await runUntilKilled(device, ground, never)).toMatchObject({ problems: [], diedIn: null })
  } finally {
    await device.remove()
    await ground.close()
  }
})

const root = fileURLToPath(new URL('..', import.meta.url))
const named = /\bbarrier\('([^']+)'/g
const points = new Set(places.map(({ point }) => point))

test('X27 lives that nobody ends pass every point that the sources name, and no other', async () => {
  const names = Object.keys(chapters) as Chapter[]
  const outcomes = await live(names.map((chapter) => ({ chapters: [chapter], death: null })))
  expect(outcomes.flatMap(({ problems }) => problems)).toEqual([])
  const rare = places.filter(({ chapter, point, times }) => {
    const { passed = [] } = outcomes[names.indexOf(chapter)] ?? {}
    return passed.filter((each) => each === point).length < times
  })
  expect(rare).toEqual([])
  expect(new Set(outcomes.flatMap(({ passed }) => passed))).toEqual(points)
  const inSources = namesInSources()
  const all = [...points]
  expect(all.filter((point) => !inSources.has(point.split(': ')[0] ?? '') && !inSources.has(point))).toEqual(
    [],
  )
  const isPassed = (name: string) => all.some((point) => point === name || point.startsWith(`${name}: `))
  expect([...inSources].filter((name) => !isPassed(name))).toEqual([])
})

test('X27 a device dies before every write of the log and the wish journal, before its commit, and after it', () => {
  const around = ['before the transaction', 'before the commit', 'after the commit']
  const wanted = writeNames.flatMap((name) => around.map((where) => `${where}: ${name}`))
  expect(wanted.filter((point) => !points.has(point))).toEqual([])
})

test('X27 of the points nothing is left in the shop as it is built', () => {
  const files = listFiles(`${root}apps/shop/dist/assets`, /\.js$/)
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    expect(
      [...namesInSources()].filter((name) => text.includes(name)),
      file,
    ).toEqual([])
  }
})

function namesInSources(): ReadonlySet<string> {
  const files = listFiles(`${root}packages/varve/src`)
  return new Set(
    files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(named)].map(([, name = '']) => name)),
  )
}

test('X28 control: a worker that answers before the transaction is done is found', async () => {
  const deaths = (['online', 'offline'] as const).map((chapter): Short => {
    return { chapters: [chapter], death: { chapter, point: 'answered the page', nth: 1, kind: 'browser' } }
  })
  const [sent, waited] = await live(deaths, answersEarly)
  expect(sent?.problems).toContain('one was sent before it was on disk')
  expect(waited?.problems).toContain('seat was acknowledged and is lost')
})

test('X28 control: a worker that writes in two transactions instead of one is found', async () => {
  const point = 'between two transactions'
  const deaths: readonly Death[] = (['renderer', 'browser'] as const).map((kind) => {
    return { chapter: 'online', point, nth: 1, kind }
  })
  const outcomes = await live(
    deaths.map((death) => ({ chapters: ['online'], death })),
    writesTwice,
  )
  for (const { problems } of outcomes)
    expect(problems).toContain('torn: 0 names were given away, and commits are there up to 1')
})

test('X28 control: a worker that says "synced" while something waits is found', async () => {
  const [outcome] = await live([{ chapters: ['online'], death: null }], claimsTooMuch)
  expect(outcome?.problems).toContain('"synced" without one')
})
