// Explores small worlds to their end, with all rules or without one: `npm run check-model -- --help`. Each world prints how
// many states it has; a fault prints the shortest way to it.
import { parseArgs } from 'node:util'
import { faultNames } from '../packages/varve/src/testing/check/client-steps.ts'
import { explore } from '../packages/varve/src/testing/check/explore.ts'
import { matrix } from '../packages/varve/src/testing/check/matrix.ts'
import { programsOf } from '../packages/varve/src/testing/check/scopes.ts'
import { allRules, switches, switchNames, withoutRule } from '../packages/varve/src/testing/check/switches.ts'
import { pairsOf } from '../packages/varve/src/testing/check/whole.ts'
import { checkWhole } from './check-whole.mjs'

const usage = `Explores every state of small worlds of two clients.

  --programs "TAB NB | TA | FA"   what a, b and the copy of a store wish (a copy needs a fault clone or twin)
  --commits 2,2                   instead: every program of so many commits for a and b
  --faults cancel=1,restore=1     how often each may happen: ${faultNames.join(', ')}
  --without "C4 cascade"          a rule that is off; one of
                                  ${switchNames.join(', ')}
  --states N                      give up beyond so many states (3000000)
  --whole                         instead: two clients with three commits each, all programs or faults; see whole.ts
    --slice 3/8                   only the third of eight parts
    --from N                      go on with the N-th world
    --part 3/8                    of each world only the third of eight parts of what follows a restore
    --seconds N                   end after so long (86400)
    --places N                    fail a world that has more places of its clients (300000000)
  --table                         print which traces and explorations notice which rule, for decisions/0019
  --help`

const { values } = parseArgs({
  options: {
    programs: { type: 'string' },
    commits: { type: 'string', default: '2,2' },
    faults: { type: 'string', default: '' },
    without: { type: 'string' },
    states: { type: 'string', default: '3000000' },
    whole: { type: 'boolean', default: false },
    slice: { type: 'string', default: '1/1' },
    from: { type: 'string', default: '1' },
    part: { type: 'string', default: '1/1' },
    seconds: { type: 'string', default: '86400' },
    places: { type: 'string', default: '300000000' },
    table: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help || values.table) {
  console.log(values.help ? usage : matrix())
  process.exit(0)
}

if (values.whole) {
  const isWell = checkWhole({
    slice: readSlice('--slice', values.slice),
    part: readSlice('--part', values.part),
    from: whole('--from', values.from),
    seconds: whole('--seconds', values.seconds),
    placesMax: whole('--places', values.places),
  })
  process.exit(isWell ? 0 : 1)
}

const protocol = protocolWithout(values.without)
const faults = readFaults(values.faults)
const statesMax = whole('--states', values.states)
const startMs = performance.now()
let states = 0
let faulty = 0
for (const programs of readPrograms()) {
  const explored = explore(protocol, { programs, faults }, { statesMax })
  const { violation } = explored
  states += explored.states
  console.log(`${programs.map((program) => program?.join(' ')).join(' | ')}: ${explored.states} states`)
  if (violation === null) continue
  faulty += 1
  console.log(`  ${violation.fault}\n    ${violation.path.join('\n    ')}`)
}
console.log(`${states} states in ${((performance.now() - startMs) / 1000).toFixed(1)} s, ${faulty} faulty`)
process.exitCode = faulty === 0 ? 0 : 1

/** @typedef {import('../packages/varve/src/testing/check/steps.ts').Scope} Scope */

/** @param {string | undefined} name */
function protocolWithout(name) {
  if (name === undefined) return allRules
  const off = switchNames.find((known) => known === name)
  if (off === undefined) return stop(`--without must be one of ${switchNames.join(', ')}, not ${name}`)
  console.log(`without ${off}: ${switches[off]}`)
  return withoutRule(off)
}

/** @returns {readonly Scope['programs'][]} */
function readPrograms() {
  const [ofA = 0, ofB = 0] = values.commits.split(',').map((part) => whole('--commits', part))
  if (values.programs === undefined) {
    if (ofA === ofB) return pairsOf(programsOf(ofA))
    return programsOf(ofA).flatMap((a) => programsOf(ofB).map((b) => /** @type {const} */ ([a, b])))
  }
  const known = ['TAB', 'NB', 'TA', 'FA', 'EAB', 'RAB', 'RBA', 'like']
  const [a = [], b = [], copy = []] = values.programs
    .split('|')
    .map((text) => text.split(' ').filter(Boolean))
  const unknown = [...a, ...b, ...copy].find((command) => !known.includes(command))
  if (unknown !== undefined) stop(`--programs must be of ${known.join(', ')}, not ${unknown}`)
  return [/** @type {any} */ ([a, b, copy])]
}

/** @param {string} text */
function readFaults(text) {
  /** @type {Record<string, number>} */
  const read = {}
  for (const part of text.split(',').filter(Boolean)) {
    const [name = '', times = '1'] = part.split('=')
    if (!faultNames.some((known) => known === name))
      stop(`--faults must be of ${faultNames.join(', ')}, not ${name}`)
    read[name] = whole('--faults', times)
  }
  return read
}

/** @param {string} option @param {string} text @returns {readonly [number, number]} */
function readSlice(option, text) {
  const [slice = 0, slices = 0] = text.split('/').map((part) => whole(option, part))
  return slice >= 1 && slice <= slices ? [slice, slices] : stop(`${option} must be like 3/8, not ${text}`)
}

/** @param {string} option @param {string} text */
function whole(option, text) {
  const value = Number(text)
  return Number.isSafeInteger(value) && value >= 0
    ? value
    : stop(`${option} must be a whole number, not ${text}`)
}

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(message)
  process.exit(2)
}
