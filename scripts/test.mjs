// Runs every check and test in order and closes with one line, `N passed, N failed` (how many were skipped stands
// with their stage); no failure is left out of it: a check is one test, a test runner reports its own, and a runner that dies without
// naming a failed test counts as one failure itself. Start it with `npm test`; stage names as arguments run only those
// stages.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { hasChromium, installChromium } from './chromium.mjs'
import { listFiles } from './sources.mjs'
import { ensureTools } from './tools.mjs'

/** What may still be absent while the project is young. Take a name out once it exists: then it must stay.
 * @type {Set<string>} */
const mayBeAbsent = new Set([])

const noDocs = mayBeAbsent.has('documents') ? ['--no-docs'] : []
const workspaceTests = () => ['packages', 'apps'].flatMap((folder) => listFiles(folder, /\.test\.tsx?$/))

/**
 * `needs` lists the files without which the stage is absent. `beside`: it runs, in turn with others like it, while the
 * last one before them that is not does, of which more is waited for than computed; what it says comes afterwards.
 * `tools` of the system are installed if they are missing and may be; without them some of its tests are skipped.
 * @typedef {{ name: string, command: string[], cwd?: string, report?: Report }} Step
 * @typedef {'vitest' | 'playwright' | 'counts'} Report
 * @type {{ name: string, browser?: boolean, beside?: boolean, tools?: string[], needs: () => string[], steps: Step[] }[]}
 */
const stages = [
  {
    name: 'check',
    needs: () => ['package.json'],
    steps: [
      { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings'] },
      { name: 'types', command: ['tsc', '--noEmit'] },
      { name: 'purity', command: ['tsc', '--noEmit', '-p', 'packages/varve/tsconfig.pure.json'] },
      {
        name: 'types as published',
        command: ['tsc', '--noEmit', '-p', 'packages/varve/tsconfig.build.json'],
      },
      { name: 'borders', command: ['node', 'scripts/borders.mjs', ...noDocs] },
      { name: 'rules', command: ['node', 'scripts/spec-coverage.mjs', ...noDocs] },
    ],
  },
  {
    name: 'unit',
    needs: () => workspaceTests().filter((path) => !path.includes('.browser.')),
    steps: [{ name: 'unit tests', command: ['vitest', 'run', '--project', 'unit'], report: 'vitest' }],
  },
  {
    name: 'campaign',
    tools: ['strace'],
    needs: () => listFiles('packages/varve/src/testing/sim', /\.test\.ts$/),
    steps: [
      {
        name: 'simulations, small worlds, kills and faults',
        command: ['vitest', 'run', '--project', 'campaign'],
        report: 'vitest',
      },
    ],
  },
  {
    name: 'browser',
    browser: true,
    needs: () => workspaceTests().filter((path) => path.includes('.browser.')),
    steps: [{ name: 'browser tests', command: ['vitest', 'run', '--project', 'browser'], report: 'vitest' }],
  },
  {
    name: 'conformance',
    browser: true,
    beside: true,
    needs: () => listFiles('apps/conformance', /drive\/main\.ts$/),
    steps: [
      {
        // Counts one for each engine; one that is missing and cannot be installed is a skip, which it says.
        name: 'the conformance page in Chromium, Firefox and WebKitGTK',
        command: ['node', 'apps/conformance/drive/main.ts'],
        report: 'counts',
      },
    ],
  },
  {
    name: 'coverage',
    beside: true,
    needs: () => workspaceTests().filter((path) => path.includes('core/')),
    steps: [
      {
        // Core is shown by tests of its own, to the last branch.
        name: 'every branch of core',
        command: [
          ...['vitest', 'run', '--project', 'unit', 'varve/src/core/', '--coverage'],
          '--coverage.include=packages/varve/src/core/**/*.ts',
          '--coverage.exclude=**/*.{test,test-d,fixture}.ts',
          ...['--coverage.reporter=text', '--coverage.thresholds.100'],
        ],
      },
    ],
  },
  {
    name: 'types',
    beside: true,
    needs: () => listFiles('packages', /\.test-d\.ts$/),
    steps: [{ name: 'type tests', command: ['vitest', 'run', '--project', 'types'], report: 'vitest' }],
  },
  {
    name: 'build',
    beside: true,
    needs: () => listFiles('apps/shop', /shop\/vite\.config\.ts$/),
    steps: [{ name: 'build the shop', command: ['vite', 'build', '--logLevel', 'warn'], cwd: 'apps/shop' }],
  },
  {
    name: 'sizes',
    beside: true,
    needs: () => listFiles('packages/varve/src/worker', /worker\/index\.ts$/),
    steps: [{ name: 'sizes', command: ['node', 'scripts/sizes.mjs'] }],
  },
  {
    name: 'e2e',
    browser: true,
    needs: () => listFiles('e2e', /\.spec\.ts$/),
    steps: [{ name: 'playwright', command: ['playwright', 'test'], cwd: 'e2e', report: 'playwright' }],
  },
]

const args = process.argv.slice(2)
const wanted = args.filter((arg) => !arg.startsWith('--'))
const noBrowser = args.includes('--no-browser') || Boolean(process.env.VARVE_NO_BROWSER)
const reports = mkdtempSync(join(tmpdir(), 'varve-test-'))
// The tools that a step names are the workspace's, and node is this one.
const pathKey = Object.keys(process.env).find((key) => key.toLowerCase() === 'path') ?? 'PATH'
const path = [join(process.cwd(), 'node_modules/.bin'), dirname(process.execPath), process.env[pathKey]]
process.env[pathKey] = path.join(delimiter)

const unknown = wanted.find((name) => !stages.some((stage) => stage.name === name))
if (unknown) {
  console.error(`No stage "${unknown}"; there are: ${stages.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}

const total = { passed: 0, failed: 0 }
/** @type {string[]} */
const summary = []
const chosen = stages.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
for (let index = 0; index < chosen.length; ) {
  const end = chosen.findIndex(({ beside }, at) => at > index && !beside)
  const [first, ...others] = chosen.slice(index, end < 0 ? undefined : end)
  const lanes = [inTurn(first === undefined ? [] : [first], false), inTurn(others, true)]
  for (const { name, result, seconds, release } of (await Promise.all(lanes)).flat()) {
    release()
    total.passed += result.passed
    total.failed += result.failed
    summary.push(`${name.padEnd(11)} ${result.note ?? countLine(result)}  (${seconds.toFixed(1)} s)`)
  }
  index += 1 + others.length
}
rmSync(reports, { recursive: true, force: true })
console.log(`\n${summary.join('\n')}\n\n${countLine(total)}`)
process.exitCode = total.failed === 0 ? 0 : 1

/** @typedef {{ passed: number, failed: number, skipped?: number, note?: string }} Result */

/** @typedef {{ say: (line: string) => void, held: string[] | null }} Output Held: it is shown later. */

/** One after the other. @param {typeof stages} lane @param {boolean} isHeld */
async function inTurn(lane, isHeld) {
  const ended = []
  for (const stage of lane) ended.push(await timed(stage, isHeld))
  return ended
}

/** @param {(typeof stages)[number]} stage @param {boolean} isHeld */
async function timed(stage, isHeld) {
  const startedMs = Date.now()
  /** @type {string[]} */
  const held = []
  const say = isHeld ? (/** @type {string} */ line) => void held.push(`${line}\n`) : console.log
  const result = await runStage(stage, { say, held: isHeld ? held : null })
  const seconds = (Date.now() - startedMs) / 1000
  return { name: stage.name, result, seconds, release: () => process.stdout.write(held.join('')) }
}

/** @param {(typeof stages)[number]} stage @param {Output} output @returns {Promise<Result>} */
async function runStage(stage, output) {
  const { say } = output
  const noted = (/** @type {string} */ note, /** @type {boolean} */ isFailure) => {
    say(note)
    return { passed: 0, failed: isFailure ? 1 : 0, note }
  }
  say(`\n── ${stage.name} ${'─'.repeat(60 - stage.name.length)}`)
  if (stage.needs().length === 0) {
    const allowed = mayBeAbsent.has(stage.name)
    return noted(allowed ? 'absent' : 'absent, but scripts/test.mjs says that it must exist', !allowed)
  }
  if (stage.browser) {
    const skip = whyNoBrowser(say)
    if (skip) return noted(`skipped: ${skip}`, Boolean(process.env.CI))
  }
  ensureTools(stage.tools ?? [], say)
  const result = { passed: 0, failed: 0, skipped: 0 }
  for (const step of stage.steps) {
    const { passed, failed, skipped = 0 } = await runStep(step, output)
    result.skipped += skipped
    result.passed += passed
    result.failed += failed
    say(`${failed === 0 ? 'ok' : 'FAILED'}: ${step.name}`)
  }
  return result
}

/** A missing browser is a printed skip for a person and an error for CI.
 * @param {(line: string) => void} say
 * @returns {string | undefined} */
function whyNoBrowser(say) {
  if (noBrowser) return 'asked for by --no-browser or VARVE_NO_BROWSER'
  if (hasChromium()) return
  say('installing Chromium')
  try {
    installChromium()
  } catch (error) {
    return `Chromium could not be installed (${error instanceof Error ? error.message : error})`
  }
  return hasChromium() ? undefined : 'Chromium is not there even after its installation'
}

/** @param {Step} step @param {Output} output @returns {Promise<Result>} */
async function runStep({ name, command, cwd = '.', report }, { held }) {
  const file = join(reports, `${name.replaceAll(' ', '-')}.json`)
  const [tool = '', ...args] = command
  if (report === 'vitest') args.push('--reporter=default', '--reporter=json', `--outputFile.json=${file}`)
  if (report === 'playwright') args.push('--reporter=list,json')
  if (report === 'counts') args.push(`--report=${file}`)
  const more = { PLAYWRIGHT_JSON_OUTPUT_FILE: file }
  const code = await exitCodeOf(tool, args, { cwd, more, held })
  /** @type {Result} */
  const read = report ? readReport(file, report) : { passed: code === 0 ? 1 : 0, failed: 0 }
  const { failed } = read
  return { ...read, failed: code !== 0 && failed === 0 ? 1 : failed }
}

/**
 * @param {string} file
 * @param {Report} kind
 * @returns {Result}
 */
function readReport(file, kind) {
  if (!existsSync(file)) return { passed: 0, failed: 1 }
  const report = JSON.parse(readFileSync(file, 'utf8'))
  if (kind === 'counts') return { passed: report.passed, failed: report.failed }
  if (kind === 'playwright') {
    const { expected, unexpected, flaky } = report.stats
    // A test that passes only when it is tried again has a defect with a cause.
    return { passed: expected, failed: unexpected + flaky }
  }
  /** @type {any[]} A file that could not even be loaded has failed without a test to its name. */
  const files = report.testResults
  const unloaded = files.filter((one) => one.status === 'failed' && one.assertionResults.length === 0).length
  const { numPassedTests: passed, numFailedTests, numPendingTests: skipped } = report
  return { passed, failed: numFailedTests + unloaded, skipped }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, more: Record<string, string>, held: string[] | null }} how
 * @returns {Promise<number>}
 */
function exitCodeOf(command, args, { cwd, more, held }) {
  const shell = process.platform === 'win32' && command !== 'node'
  const env = { ...process.env, ...more }
  const out = held === null ? 'inherit' : 'pipe'
  const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', out, out] })
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => held?.push(text))
  /** @param {NodeJS.Signals} signal */
  const end = (signal) => {
    child.kill(signal)
    rmSync(reports, { recursive: true, force: true })
    process.exit(128 + constants.signals[signal])
  }
  process.once('SIGINT', end).once('SIGTERM', end)
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${command} did not start: ${error.message}`)
      resolve(1)
    })
    child.on('close', (code) => {
      process.off('SIGINT', end).off('SIGTERM', end)
      resolve(code ?? 1)
    })
  })
}

/** @param {Result} result */
function countLine({ passed, failed, skipped = 0 }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
