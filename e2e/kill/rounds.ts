/**
 * Kills a device over and over: `npm run e2e:kill -- --rounds 100 --from 1`. A seed draws the order of the chapters of its
 * life, the point, the time and the kind of the kill, and whether it lives on after it; the timing is the machine's. A line per round; a failing
 * one leaves a log file; the last line is the count.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type SeededRandom, seededRandom } from 'varve/testing'
import { campaignOptions } from '../../scripts/campaign-options.mjs'
import { kinds, newProfile, type Profile } from './browser.ts'
import { buildPage } from './build.ts'
import { type Chapter, chapters } from './chapters.ts'
import { type Ground, openGround } from './ground.ts'
import { places } from './points.ts'
import { type Outcome, type Round, runRound } from './round.ts'

const usage = `Kills the worker, the page or the browser at points around a write, and looks what became of the work.

  --rounds N   how many (20)
  --from S     the first seed (1)
  --spare MB   stops when the machine has less free memory than this (1500)
  --help`

const { rounds, from, spare } = campaignOptions(usage, { rounds: 20, from: 1, spare: 1_500 })

const logs = fileURLToPath(new URL('../test-results/kill/', import.meta.url))
/** A profile and a server's folder grow: after so many rounds others are taken. */
const roundsPerProfile = 50
const MB = 1024 * 1024

await killOften(rounds, from, spare)

async function killOften(rounds: number, from: number, spareMB: number): Promise<void> {
  const built = await buildPage()
  let passed = 0
  let failed = 0
  let place: { readonly ground: Ground; readonly device: Profile } | null = null
  const leave = async (): Promise<void> => {
    await place?.device.remove()
    await place?.ground.close()
    place = null
  }
  try {
    for (let seed = from; seed < from + rounds; seed += 1) {
      const freeMB = Math.floor(freemem() / MB)
      if (freeMB < spareMB) {
        console.error(`stopped before round ${seed}: ${freeMB} MB of memory are free, fewer than ${spareMB}`)
        break
      }
      if ((seed - from) % roundsPerProfile === 0) await leave()
      place ??= { ground: await openGround(built), device: newProfile() }
      const round = drawn(seed)
      const startMs = performance.now()
      const outcome = await runRound(place.device, place.ground, round)
      const isGood = outcome.problems.length === 0
      if (isGood) passed += 1
      else failed += 1
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
      console.log(`${isGood ? 'ok    ' : 'FAILED'} ${seed}: ${described(round, outcome)} (${seconds} s)`)
      if (isGood) continue
      writeLog(seed, round, outcome)
      // What was left behind is nothing to build on.
      await leave()
    }
  } finally {
    await leave()
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = passed === rounds ? 0 : 1
}

function drawn(seed: number): Round {
  const random = seededRandom(seed)
  const { chapter, point, times } = random.pick(places)
  const nth = 1 + random.below(times)
  return {
    name: `seed-${seed}`,
    chapters: inAnyOrder(random),
    death: { chapter, point, nth, kind: random.pick(kinds) },
    tells: 'everywhere',
    livesOn: random.chance(0.5),
  }
}

function inAnyOrder(random: SeededRandom): readonly Chapter[] {
  const left = Object.keys(chapters) as Chapter[]
  const order: Chapter[] = []
  while (left.length > 0) order.push(...left.splice(random.below(left.length), 1))
  return order
}

function described({ death, livesOn }: Round, { diedIn }: Outcome): string {
  const how = `${death?.kind} at "${death?.point}" #${death?.nth}`
  const where = diedIn === null ? 'was never there' : `in ${death?.chapter}, "${diedIn}"`
  return `${how}, ${where}${livesOn ? ', lived on' : ''}`
}

function writeLog(seed: number, round: Round, outcome: Outcome): void {
  mkdirSync(logs, { recursive: true })
  const file = join(logs, `round-${seed}.log`)
  const lines = [
    described(round, outcome),
    ...outcome.problems,
    '',
    'passed:',
    ...outcome.passed,
    '',
    `again: npm run e2e:kill -- --from ${seed} --rounds 1`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  for (const problem of outcome.problems) console.error(`       ${problem}`)
  console.error(`       ${file}`)
}
