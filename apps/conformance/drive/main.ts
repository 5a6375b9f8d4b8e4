/**
 * Opens the conformance page in each browser that is there, and says how it went. A browser that is missing is
 * installed where that can be done, else it is a skip that is said.
 *
 *   node drive/main.ts [engine…] [--report=<file>]
 *   node drive/main.ts --serve [--port=<number>]    for browsers that people open by hand
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { canInstallPackages, installPackages } from '../../../scripts/debian.mjs'
import { servePage } from '../server/serve-page.ts'
import type { ConformanceResult } from '../src/result.ts'
import { type Engine, engines } from './engines.ts'

const runMsMax = 180_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { report: { type: 'string' }, serve: { type: 'boolean' }, port: { type: 'string' } },
})
if (values.serve) await serve(Number(values.port ?? 4180))
else await runAll()

async function serve(port: number): Promise<void> {
  const page = await servePage(port)
  console.log(`Open ${page.url} in the browser that you want to know about. Ctrl-C ends it.`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => page.close())
}

async function runAll(): Promise<void> {
  const wanted = engines.filter(
    ({ name }) =>
      positionals.length === 0 || positionals.some((one) => one.toLowerCase() === name.toLowerCase()),
  )
  install(wanted.filter((engine) => !engine.isThere()))
  const page = await servePage()
  const count = { passed: 0, failed: 0, skipped: 0 }
  try {
    // All at once: most of the time each of them waits for something that was closed or killed to be missed.
    for (const end of await Promise.all(wanted.map((engine) => run(engine, page.url)))) count[end] += 1
  } finally {
    await page.close()
  }
  console.log(
    `conformance: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped (of browsers)`,
  )
  if (values.report !== undefined) writeFileSync(values.report, JSON.stringify(count))
  process.exitCode = count.failed === 0 ? 0 : 1
}

function install(missing: readonly Engine[]): void {
  if (missing.length === 0 || !canInstallPackages()) return
  console.log(`installing ${missing.map(({ name }) => name).join(', ')}`)
  try {
    installPackages(missing.flatMap(({ packages }) => packages))
  } catch (error) {
    console.log(`could not be installed: ${error instanceof Error ? error.message : error}`)
  }
}

async function run(engine: Engine, url: string): Promise<'passed' | 'failed' | 'skipped'> {
  if (!engine.isThere()) {
    console.log(`${engine.name}: skipped, it is not here (on Debian: ${engine.packages.join(' ')})`)
    return 'skipped'
  }
  try {
    return say(engine, await engine.run(url, runMsMax))
  } catch (error) {
    console.log(`${engine.name}: failed, ${error instanceof Error ? error.message : error}`)
    return 'failed'
  }
}

/** Of a browser that runs the page no case may fail, and none be skipped: the page has its server. */
function say(engine: Engine, result: ConformanceResult): 'passed' | 'failed' {
  const { browser, passed, failed, skipped, ms } = result
  const seconds = `${(ms / 1000).toFixed(1)} s`
  console.log(
    `${engine.name}: ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds})  ${browser}`,
  )
  for (const { rule, title, status, reason } of result.cases) {
    if (status !== 'passed') console.log(`  ${status}: ${rule} ${title}\n    ${reason}`)
  }
  return failed === 0 && skipped === 0 && passed > 0 ? 'passed' : 'failed'
}
