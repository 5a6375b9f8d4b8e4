// Walks through the worlds of whole.ts, or a slice of them: `npm run check-model -- --whole --slice 3/8`.
import { walkLogs } from '../packages/varve/src/testing/check/log-tree.ts'
import { allRules } from '../packages/varve/src/testing/check/switches.ts'
import { wholeScopes } from '../packages/varve/src/testing/check/whole.ts'

const progressMs = 30_000
const outOfTime = 'out of time'

/**
 * Prints a line for each world, and a last one: `N passed, N failed`, and what is left if time ran out. A world that is
 * larger than `placesMax` has failed.
 * @param {{ slice: readonly [number, number], part: readonly [number, number], from: number, seconds: number, placesMax: number }} options
 * @returns {boolean} whether all that were begun were walked to their end without a fault
 */
export function checkWhole({ slice: [slice, slices], part, from, seconds, placesMax }) {
  const scopes = wholeScopes()
  const endMs = performance.now() + seconds * 1000
  let [passed, failed, left] = [0, 0, 0]
  for (const [index, scope] of scopes.entries()) {
    if (index + 1 < from || index % slices !== slice - 1) continue
    const name = `${index + 1}/${scopes.length} ${nameOf(scope)}`
    const end = performance.now() > endMs ? 'left' : walk(name, scope, { endMs, part, placesMax })
    if (end === 'passed') passed += 1
    if (end === 'failed') failed += 1
    if (end !== 'left') continue
    if (left === 0) console.log(`out of time: go on with --from ${index + 1}`)
    left += 1
  }
  console.log(`${passed} passed, ${failed} failed${left === 0 ? '' : `, ${left} left`}`)
  return failed === 0
}

/**
 * @param {string} name
 * @param {import('../packages/varve/src/testing/check/steps.ts').Scope} scope
 * @param {{ endMs: number, part: readonly [number, number], placesMax: number }} limits
 * @returns {'passed' | 'failed' | 'left'}
 */
function walk(name, scope, { endMs, part, placesMax }) {
  const startMs = performance.now()
  let shownMs = startMs
  try {
    const { logs, places, worlds, violation } = walkLogs(allRules, scope, {
      placesMax,
      part,
      onLog(walked) {
        const nowMs = performance.now()
        if (nowMs > endMs) throw new RangeError(outOfTime)
        if (nowMs - shownMs < progressMs) return
        shownMs = nowMs
        const { logs, places, done } = walked
        console.log(
          `  … ${name}: ${logs} logs, ${places} places, some ${(100 * done).toFixed(0)} % of the tree`,
        )
      },
    })
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    console.log(`${name}: ${logs} logs, ${places} places, ${worlds} worlds, ${seconds} s`)
    if (violation === null) return 'passed'
    console.log(`  ${violation.fault}\n    ${violation.log}\n    ${violation.runs.join('\n    ')}`)
    return 'failed'
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    console.log(`${name}: not walked to its end: ${thrown.message}`)
    return thrown.message === outOfTime ? 'left' : 'failed'
  }
}

/** @param {import('../packages/varve/src/testing/check/steps.ts').Scope} scope */
function nameOf({ programs, faults = {} }) {
  return [programs.map((program) => program?.join(' ')).join(' | '), Object.keys(faults).join(', ')]
    .filter(Boolean)
    .join(' with ')
}
