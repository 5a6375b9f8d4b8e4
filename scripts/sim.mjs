// Runs the simulator over many seeds: `npm run sim -- --seeds 10000 --from 1`. Each failing seed is made short and
// prints what went wrong, its few actions, and the line that replays them; the last line is the count.
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { simulateSeed } from '../packages/varve/src/testing/sim/campaign.ts'
import { toyOf } from '../packages/varve/src/testing/sim/toy-two-logs.ts'
import { sqliteDisks } from '../packages/varve-server/src/testing/sim-disk.ts'
import { simServer, simServerOn } from '../packages/varve-server/src/testing/sim-server.ts'

const usage = `Simulates devices with tabs and a server through everything that can go wrong, one run per seed.

  --seeds N      how many seeds (1000)
  --from S       the first seed (1)
  --actions N    what users do and what goes wrong, per run (40: about 350 steps; 10: about 115)
  --devices N    up to 24; 2 or 3 if not given
  --logs N       that are written, 1 or 2; the one or the other if not given
  --real         against the conversation of varve-server instead of the simulation's own server
  --sqlite       the same on a SQLite file
  --keep 3,7,9   only these of a seed's actions
  --help`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    actions: { type: 'string', default: '40' },
    devices: { type: 'string' },
    logs: { type: 'string' },
    keep: { type: 'string' },
    real: { type: 'boolean', default: false },
    sqlite: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** @param {string} name @param {string | undefined} text @returns {number} */
function whole(name, text) {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  console.error(`--${name} must be a whole number from 1, not ${text}`)
  process.exit(2)
}

if (values.help) {
  console.log(usage)
  process.exit(0)
}

const seeds = whole('seeds', values.seeds)
const from = whole('from', values.from)
const actions = whole('actions', values.actions)
const devices = values.devices === undefined ? undefined : whole('devices', values.devices)
const logs = values.logs === undefined ? undefined : whole('logs', values.logs)
const keep = values.keep?.split(',').map(Number)
const disks = values.sqlite ? sqliteDisks(tmpdir()) : null
const server = disks !== null ? simServerOn(disks.next) : values.real ? simServer : undefined
const startMs = performance.now()
const total = { passed: 0, steps: 0, wishes: 0, refused: 0, entries: 0, withdrawn: 0 }
for (let seed = from; seed < from + seeds; seed++) {
  const result = await simulateSeed({
    ...toyOf(seed, logs),
    seed,
    actions,
    keep,
    ...(devices === undefined ? null : { devices }),
    ...(server === undefined ? null : { server }),
  })
  total.steps += result.steps
  total.wishes += result.wishes
  total.refused += result.refused
  total.entries += result.entries
  total.withdrawn += result.withdrawn
  if (result.violation === null) total.passed += 1
  else {
    console.error(result.violation)
    for (const { id, atMs, kind, device } of result.actions ?? []) {
      console.error(`  ${id}: at ${atMs} ms, device ${String.fromCharCode(97 + device)}: ${kind}`)
    }
    const ids = (result.actions ?? []).map(({ id }) => id).join(',')
    const more = `${devices === undefined ? '' : ` --devices ${devices}`}${logs === undefined ? '' : ` --logs ${logs}`}${values.sqlite ? ' --sqlite' : values.real ? ' --real' : ''}`
    console.error(
      `  replay: npm run sim -- --from ${seed} --seeds 1 --actions ${actions}${more} --keep ${ids}`,
    )
  }
}
await disks?.close()
const seconds = (performance.now() - startMs) / 1000
const { passed, steps, wishes, refused, entries, withdrawn } = total
console.log(
  `${steps} steps, ${wishes} wishes, ${refused} refused at once, ${entries} entries, ${withdrawn} withdrawn; ${seconds.toFixed(1)} s, ${(seeds / seconds).toFixed(0)} runs a second`,
)
console.log(`${passed} passed, ${seeds - passed} failed`)
process.exitCode = passed === seeds ? 0 : 1
