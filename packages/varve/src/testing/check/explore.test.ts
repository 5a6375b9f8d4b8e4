import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { explore } from './explore.ts'
import { matrix } from './matrix.ts'
import { controls, twoNames, wider } from './scopes.ts'
import type { Scope } from './steps.ts'
import { allRules, withoutRule } from './switches.ts'

const decision = fileURLToPath(new URL('../../../../../decisions/0019-rules-are-needed.md', import.meta.url))

/** All states of these worlds, and of each the calm end that follows from it. */
function exhaust(name: string, scopes: readonly Scope[]): void {
  let states = 0
  for (const scope of scopes) {
    const explored = explore(allRules, scope)
    expect(explored.violation, JSON.stringify(scope)).toBeNull()
    states += explored.states
  }
  console.log(`${name}: ${states} states`)
}

describe('exploration', () => {
  for (const [name, scopes] of Object.entries({ 'the controls': Object.values(controls), ...wider })) {
    it(`Z5 explored to the end without a fault: ${name}`, () => exhaust(name, scopes))
  }

  it('Z5 leaving out frames that can never be placed hides no world', () => {
    for (const scope of Object.values(controls)) {
      const { worlds, violation } = explore(allRules, { ...scope, keepsDead: true })
      expect({ worlds, violation }).toEqual({ worlds: explore(allRules, scope).worlds, violation: null })
    }
    // It is worth it: without, the same worlds have more states.
    const scope: Scope = { programs: [['EAB'], ['TA'], ['FA']], faults: { twin: 1 } }
    const [kept, left] = [explore(allRules, { ...scope, keepsDead: true }), explore(allRules, scope)]
    expect(kept).toMatchObject({ worlds: left.worlds, violation: null })
    expect(kept.states).toBeGreaterThan(left.states)
  })

  it('Z5 a fault comes with a shortest way to it', () => {
    expect(explore(withoutRule('A6'), controls.cascade).violation).toEqual({
      fault: '@3 (a:2) would be refused there: empty',
      path: [
        ...['a creates TAB', 'a creates NB', 'b creates TA', 'deliver 1:b', 'a pulls 1'],
        ...['deliver 1:a°', 'deliver 2:a'],
      ],
    })
  })

  it('Z5 A5 without looking at roots a wish with two names is applied twice', () => {
    expect(explore(withoutRule('A5 root'), twoNames).violation?.fault).toBe('the wish a1 is applied twice')
  })

  it('Z5 a world that is too large is an error, not half an answer', () => {
    expect(() => explore(allRules, controls.twin, { statesMax: 100 })).toThrow(
      /^more than 100 states: .*"twin":1/,
    )
  })

  it('Z6 the table of the rules that are needed is the one that the switches give', () => {
    expect(readFileSync(decision, 'utf8')).toContain(matrix())
  })
})
