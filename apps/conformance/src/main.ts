/**
 * Runs all cases in the browser that has opened the page, shows how they end, and tells it to whoever drives the
 * browser: as `window.conformance` (result.ts), as `data-result` on the root element, and in the title.
 */
import { writeCases } from './cases.ts'
import type { ConformanceResult } from './result.ts'
import { type Case, type CaseResult, collectCases, runCase } from './runner.ts'
import { createView } from './view.ts'

/** What varve needs and a browser gives to secure pages only. */
const needed = ['indexedDB', 'Worker', 'BroadcastChannel', 'WebSocket'].filter(
  (name) => !(name in globalThis),
)
if (!('locks' in navigator)) needed.push('navigator.locks')

window.conformance = runAll()

async function runAll(): Promise<ConformanceResult> {
  const cases = needed.length === 0 ? collectCases(writeCases) : [lacking(needed)]
  const view = createView(cases)
  const startedAt = performance.now()
  const results: CaseResult[] = []
  for (const [index, one] of cases.entries()) {
    view.say(`Case ${index + 1} of ${cases.length}`, 'running')
    const result = await runCase(one)
    results.push(result)
    view.add(result)
  }
  const count = (status: CaseResult['status']) => results.filter((one) => one.status === status).length
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')]
  const ms = Math.round(performance.now() - startedAt)
  const total = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  view.say(`${total}, in ${(ms / 1000).toFixed(1)} s`, failed === 0 ? 'passed' : 'failed')
  document.title = `varve conformance: ${total}`
  return { browser: navigator.userAgent, passed, failed, skipped, ms, cases: results }
}

function lacking(names: readonly string[]): Case {
  const why = isSecureContext
    ? ''
    : ' Open the page over https or from this machine: only secure pages have it all.'
  return {
    group: 'This browser',
    title: 'has what varve needs',
    body: () => Promise.reject(new Error(`There is no ${names.join(', ')}.${why}`)),
  }
}
