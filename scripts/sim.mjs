// Runs the simulation over many seeds: `npm run sim -- --seeds 10000 --from 1`. Each failing seed prints what went
// wrong and the command that replays it; the last line is the count.
import { parseArgs } from 'node:util'
import { simulate } from '../packages/varve/src/testing/simulation.ts'
import { noSeats, toy, toyRules } from '../packages/varve/src/testing/toy-rules.ts'

const usage = `Simulates replicas and a server over a bad network, one run per seed.

  --seeds N      how many seeds (1000)
  --from S       the first seed (1)
  --actions N    wishes and faults per run (100)
  --replicas N   devices (3)
  --help`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    actions: { type: 'string', default: '100' },
    replicas: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
})

/** @param {'seeds' | 'from' | 'actions' | 'replicas'} name */
function number(name) {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= 1) return value
  console.error(`--${name} must be a whole number from 1, not ${values[name]}`)
  process.exit(2)
}

if (values.help) {
  console.log(usage)
  process.exit(0)
}

/** @type {readonly import('../packages/varve/src/testing/toy-rules.ts').ToyCommand[]} */
const commands = ['TAB', 'NB', 'TA', 'FA', 'FA', 'EAB', 'RAB', 'RBA', 'like', 'like']
const [seeds, from, actions, replicas] = [
  number('seeds'),
  number('from'),
  number('actions'),
  number('replicas'),
]
const startMs = performance.now()
let passed = 0
let entries = 0
for (let seed = from; seed < from + seeds; seed++) {
  const result = simulate({
    seed,
    rules: toyRules,
    initial: () => noSeats,
    show: (seats) => [...seats].sort(([a], [b]) => (a < b ? -1 : 1)),
    wish: (random) => [toy(random.pick(commands))],
    actions,
    replicas,
  })
  entries += result.entries
  if (result.violation === null) passed += 1
  else {
    console.error(result.violation)
    console.error(
      `  replay: npm run sim -- --from ${seed} --seeds 1 --actions ${actions} --replicas ${replicas}`,
    )
  }
}
const seconds = (performance.now() - startMs) / 1000
console.log(`${entries} entries in ${seconds.toFixed(1)} s, ${(seeds / seconds).toFixed(0)} runs a second`)
console.log(`${passed} passed, ${seeds - passed} failed`)
process.exitCode = passed === seeds ? 0 : 1
