/**
 * Kills a device over and over: `npm run e2e:kill -- --rounds 100 --from 1`. A seed draws the order of the chapters of its
 * life, the point, the time and the kind of the kill, and whether it lives on after it; the timing is the machine's. Each
 * round ends in a kill, or has failed. A line and a log file per round; the last lines are the counts.
 */
import { freemem } from 'node:os'
import { type SeededRandom, seededRandom } from 'varve/testing'
import { campaignOptions } from '../../scripts/campaign-options.mjs'
import { kinds, newProfile, type Profile } from './browser.ts'
import { buildPage } from './build.ts'
import { newCampaignLog } from './campaign-log.ts'
import { type Chapter, chapters } from './chapters.ts'
import { type Ground, openGround } from './ground.ts'
import { places } from './points.ts'
import type { Death, Round } from './round.ts'
import { runUntilKilled } from './sure-kill.ts'

const usage = `Kills the worker, the page or the browser at points around a write, and looks what became of the work.

  --rounds N   how many (20)
  --from S     the first seed (1)
  --spare MB   stops when the machine has less free memory than this (1500)
  --help`

const { rounds, from, spare } = campaignOptions(usage, { rounds: 20, from: 1, spare: 1_500 })

/** A profile and a server's folder grow: after so many rounds others are taken. */
const roundsPerProfile = 50
const MB = 1024 * 1024

await killOften(rounds, from, spare)

async function killOften(rounds: number, from: number, spareMB: number): Promise<void> {
  const built = await buildPage()
  const log = newCampaignLog()
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
      const sure = await runUntilKilled(place.device, place.ground, round)
      const seconds = (performance.now() - startMs) / 1000
      if (log.add({ seed, round, sure, seconds, freeMB }) === 'ok') continue
      // What was left behind is nothing to build on.
      await leave()
    }
  } finally {
    await leave()
  }
  console.log(log.summary())
  process.exitCode = log.isGood(rounds) ? 0 : 1
}

function drawn(seed: number): Round & { readonly death: Death } {
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
