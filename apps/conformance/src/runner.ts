/**
 * A test runner for a page: collects the cases that the contracts write down, runs them one after the other, and says
 * of each how it ended. It knows no case, and nothing of how they are shown.
 *
 * A case that does not end is failed after its time, and the run goes on.
 */
import type { TestApi } from '../../../packages/varve/src/testing/contracts/log-disk.ts'
import { differenceOf } from './difference.ts'

export interface Case {
  /** The titles of the groups around it. */
  readonly group: string
  /** With its rules in front, such as `L17 a crash …`. */
  readonly title: string
  readonly body: () => Promise<void>
}

export interface CaseResult {
  readonly group: string
  /** The rules of SPEC.md that it checks: `L17`, or several with a space between. */
  readonly rule: string
  /** Without its rules. */
  readonly title: string
  readonly status: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped; else empty. */
  readonly reason: string
  readonly ms: number
}

/** Thrown by a case that cannot be run here. */
export class Skipped extends Error {}

/** In ms. Generous: a case fails for what it finds, not because the machine is busy. */
const caseMsMax = 60_000

/** What `write` writes down. */
export function collectCases(write: (api: TestApi) => void): readonly Case[] {
  const cases: Case[] = []
  let groups: readonly string[] = []
  write({
    describe(title, body) {
      const outer = groups
      groups = [...outer, title]
      body()
      groups = outer
    },
    it(title, body) {
      cases.push({ group: groups.join(' › '), title, body })
    },
    expect: (actual) => ({
      toEqual(expected) {
        const difference = differenceOf(actual, expected)
        if (difference !== null) throw new Error(difference)
      },
    }),
  })
  return cases
}

export async function runCase({ group, title, body }: Case, msMax = caseMsMax): Promise<CaseResult> {
  const [rule = ''] = /^(?:[A-Z]{1,2}\d+ )+/.exec(title) ?? []
  const startedAt = performance.now()
  const end = await endOf(body, msMax)
  const ms = Math.round(performance.now() - startedAt)
  return { group, rule: rule.trim(), title: title.slice(rule.length), ...end, ms }
}

type End = Pick<CaseResult, 'status' | 'reason'>

async function endOf(body: () => Promise<void>, msMax: number): Promise<End> {
  const late = Promise.withResolvers<End>()
  const timer = setTimeout(
    () => late.resolve({ status: 'failed', reason: `It has not ended after ${msMax / 1000} s.` }),
    msMax,
  )
  try {
    return await Promise.race([late.promise, body().then((): End => ({ status: 'passed', reason: '' }))])
  } catch (thrown) {
    return { status: thrown instanceof Skipped ? 'skipped' : 'failed', reason: reasonOf(thrown) }
  } finally {
    clearTimeout(timer)
  }
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const { code } = thrown as { readonly code?: unknown }
  return code === undefined ? thrown.message : `${code}: ${thrown.message}`
}
