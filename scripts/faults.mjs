// Runs real stores against a real server over a bad network, one run per seed: `npm run faults -- --seeds 200 --from 1`.
// A failing seed prints what went wrong and the command that runs it again (the draw is the same, the timing is the
// machine's); the last line is the count.
import { runWithFaults } from '../packages/varve-server/src/testing/fault-run.fixture.ts'
import { campaignOptions } from './campaign-options.mjs'

const usage = `Stores and a server over a network that delays, loses, doubles, swaps, cuts short, resets, drips and swallows.

  --seeds N   how many seeds (50)
  --from S    the first seed (1)
  --help`

const { seeds, from } = campaignOptions(usage, { seeds: 50, from: 1 })
const startMs = performance.now()
/** @type {Map<string, number>} */
const happened = new Map()
let passed = 0
let wishes = 0
for (let seed = from; seed < from + seeds; seed++) {
  const result = await runWithFaults(seed)
  wishes += result.wishes
  for (const [what, count] of Object.entries(result.counts))
    happened.set(what, (happened.get(what) ?? 0) + count)
  if (result.faults.length === 0) passed += 1
  else {
    console.error(`seed ${seed}:\n  ${result.faults.join('\n  ')}`)
    console.error(`  replay: npm run faults -- --from ${seed} --seeds 1`)
  }
}
const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
console.log(
  `${wishes} wishes in ${seconds} s; frames: ${[...happened].map(([what, count]) => `${what} ${count}`).join(', ')}`,
)
console.log(`${passed} passed, ${seeds - passed} failed`)
process.exitCode = passed === seeds ? 0 : 1
// What was closed leaves nothing behind: a timer or a socket that keeps the process is a fault as well.
setTimeout(() => {
  console.error(`still running: ${process.getActiveResourcesInfo().join(', ')}`)
  process.exit(1)
}, 10_000).unref()
