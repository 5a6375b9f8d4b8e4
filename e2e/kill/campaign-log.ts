/** What a campaign of kills says: a line and a file for each round, and the count. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Death, Round } from './round.ts'
import type { Sure } from './sure-kill.ts'

export interface Lived {
  readonly seed: number
  readonly round: Round & { readonly death: Death }
  readonly sure: Sure
  readonly seconds: number
  readonly freeMB: number
}

export type Verdict = 'ok' | 'FAILED' | 'NO KILL'

export interface CampaignLog {
  /** Good only if it was killed and nothing is wrong. */
  add(lived: Lived): Verdict
  /** All rounds were good, and there were so many. */
  isGood(rounds: number): boolean
  summary(): string
}

const folder = fileURLToPath(new URL('../test-results/kill/', import.meta.url))

export function newCampaignLog(): CampaignLog {
  const count: Record<Verdict, number> = { ok: 0, FAILED: 0, 'NO KILL': 0 }
  const notKilled: number[] = []
  let kills = 0
  mkdirSync(folder, { recursive: true })
  return Object.freeze({
    add(lived: Lived) {
      const { seed, sure } = lived
      const verdict = verdictOf(sure)
      count[verdict] += 1
      if (sure.diedIn === null) notKilled.push(seed)
      else kills += 1
      const file = join(folder, `round-${seed}.log`)
      writeFileSync(file, `${linesOf(verdict, lived).join('\n')}\n`)
      console.log(`${verdict.padEnd(7)} ${seed}: ${described(lived)} (${lived.seconds.toFixed(1)} s)`)
      for (const problem of sure.problems) console.error(`        ${problem}`)
      if (verdict !== 'ok') console.error(`        ${file}`)
      return verdict
    },
    isGood: (rounds: number) => count.ok === rounds,
    summary: () =>
      [
        `${kills} kills; a log of each round: ${folder}`,
        ...(notKilled.length === 0 ? [] : [`never stood at their point: ${notKilled.join(', ')}`]),
        `${count.ok} passed, ${count.FAILED + count['NO KILL']} failed`,
      ].join('\n'),
  })
}

function verdictOf({ problems, diedIn }: Sure): Verdict {
  if (problems.length > 0) return 'FAILED'
  return diedIn === null ? 'NO KILL' : 'ok'
}

function described({ round: { death, livesOn }, sure: { diedIn, lives } }: Lived): string {
  const how = `${death.kind} at "${death.point}" #${death.nth}`
  const where = diedIn === null ? `was never there in ${death.chapter}` : `in ${death.chapter}, "${diedIn}"`
  const after = lives.length > 1 ? ', in a second life that began there' : ''
  return `${how}, ${where}${after}${livesOn ? ', lived on' : ''}`
}

/** Of a good round it is told how much it passed; of any other one what, in order. */
function linesOf(verdict: Verdict, lived: Lived): readonly string[] {
  const { seed, seconds, freeMB, sure } = lived
  const { problems, passed, lives } = sure
  return [
    `${verdict}: ${described(lived)}`,
    ...lives.map(({ chapters }) => `a life: ${chapters.join(', ')}`),
    `${seconds.toFixed(1)} s; ${freeMB} MB of memory were free before; ${passed.length} points were passed in the last life`,
    ...problems,
    ...(verdict === 'ok' ? [] : ['', 'passed:', ...passed]),
    '',
    `again: npm run e2e:kill -- --from ${seed} --rounds 1`,
  ]
}
