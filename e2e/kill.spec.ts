/** The device is killed at each point around a write, in the real browser. Many more: `npm run e2e:kill`. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@playwright/test'
import { listFiles } from '../scripts/sources.mjs'
import { kinds, newProfile } from './kill/browser.ts'
import { buildPage, type Change } from './kill/build.ts'
import { answersEarly, claimsTooMuch } from './kill/controls.ts'
import { openGround } from './kill/ground.ts'
import { points } from './kill/points.ts'
import { type Death, type Outcome, runRound } from './kill/round.ts'

// For a machine that does much else.
test.setTimeout(600_000)

/** Tests run beside each other; each part has all kinds of death, and late points as well as early ones. */
const parts = 5

/** One round for each death, on one profile. */
async function live(deaths: readonly (Death | null)[], changes: readonly Change[] = []): Promise<Outcome[]> {
  const ground = await openGround(await buildPage(changes))
  const device = newProfile()
  try {
    const outcomes: Outcome[] = []
    for (const [index, death] of deaths.entries()) {
      outcomes.push(await runRound(device, ground, { name: `round-${index}`, death, livesOn: false }))
    }
    return outcomes
  } finally {
    await device.remove()
    await ground.close()
  }
}

for (let part = 0; part < parts; part += 1) {
  test(`X26 killed at a point around a write, a device comes back with all it had acknowledged (${part + 1} of ${parts})`, async () => {
    const deaths = points
      .map((point, index) => ({ point, nth: 1, kind: kinds[index % kinds.length] ?? 'browser' }))
      .filter((_, index) => index % parts === part)
    const outcomes = await live(deaths)
    const told = outcomes.map(({ problems, diedIn }, index) => ({
      ...deaths[index],
      died: diedIn !== null,
      problems,
    }))
    expect(told).toEqual(deaths.map((death) => ({ ...death, died: true, problems: [] })))
  })
}

const root = fileURLToPath(new URL('..', import.meta.url))
const named = /\bbarrier\('([^']+)'/g

test('X27 a life that nobody ends passes every point that the sources name, and no other', async () => {
  const [outcome] = await live([null])
  expect(outcome?.problems).toEqual([])
  expect(new Set(outcome?.passed)).toEqual(new Set(points))
  const inSources = namesInSources()
  expect(
    points.filter((point) => !inSources.has(point.split(': ')[0] ?? '') && !inSources.has(point)),
  ).toEqual([])
  const isPassed = (name: string) => points.some((point) => point === name || point.startsWith(`${name}: `))
  expect([...inSources].filter((name) => !isPassed(name))).toEqual([])
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
  const [outcome] = await live([{ point: 'answered the page', nth: 1, kind: 'browser' }], answersEarly)
  expect(outcome?.problems).toContain('one was acknowledged and is lost')
})

test('X28 control: a worker that says "synced" while something waits is found', async () => {
  const [outcome] = await live([null], claimsTooMuch)
  expect(outcome?.problems).toContain('"synced" without one')
})
