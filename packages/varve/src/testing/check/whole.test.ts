import { describe, expect, it } from 'vitest'
import { walkLogs } from './log-tree.ts'
import { allRules } from './switches.ts'
import { mishaps, threeAndThree, twoAndOne } from './whole.ts'

/** The others, and two at once, take longer: `npm run check-model -- --whole`. */
const faults = [null, 'clone'] as const

describe('three commits and three', () => {
  for (const fault of faults) {
    it(`Z5 explored to the end without a fault: ${fault ?? 'the network only'}`, () => {
      const { violation, ...walked } = walkLogs(allRules, {
        programs: threeAndThree,
        faults: fault === null ? {} : { [fault]: 1 },
      })
      expect(violation).toBeNull()
      console.log(`${walked.logs} logs, ${walked.worlds} worlds`)
    })
  }
})

it('Z5 explored to the end without a fault: a new leader, a copied profile and a restored server in one run', () => {
  const { violation, ...walked } = walkLogs(allRules, mishaps(twoAndOne))
  expect(violation).toBeNull()
  console.log(`${walked.logs} logs, ${walked.worlds} worlds`)
})
