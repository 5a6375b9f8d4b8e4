// Changes the hearts of varve one small piece at a time, and counts the changes that no test notices. Which may live,
// and why, is in decisions/. Stryker does the work: it stands in scripts/mutation/, which is no part of the workspace, so that
// nobody installs it who does not ask for this. Slow (ten minutes and more): no part of the test run.
//   node scripts/mutate.mjs [file…]    only these files, such as packages/varve/src/core/accept.ts
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { setPriority } from 'node:os'

const report = 'scripts/mutation/report.json'
const stryker = 'scripts/mutation/node_modules/@stryker-mutator/core/bin/stryker.js'
const { packageManager } = JSON.parse(readFileSync('package.json', 'utf8'))

// Whoever works beside it goes first.
setPriority(10)
rmSync(report, { force: true })
const install = [
  '--yes',
  packageManager,
  '--dir',
  'scripts/mutation',
  'install',
  '--frozen-lockfile',
  '--prefer-offline',
]
execFileSync('npx', install, { stdio: 'inherit', shell: process.platform === 'win32' })
const files = process.argv.slice(2)
const only = files.length > 0 ? ['--mutate', files.join(',')] : []
const { status } = spawnSync(
  process.execPath,
  [stryker, 'run', 'scripts/mutation/stryker.config.json', ...only],
  {
    stdio: 'inherit',
  },
)
if (status !== 0) process.exit(status ?? 1)

/** @type {{ status: string }[]} */
const mutants = Object.values(JSON.parse(readFileSync(report, 'utf8')).files).flatMap((file) => file.mutants)
if (mutants.length === 0) {
  console.error(
    `mutate: nothing to change in ${files.join(', ')}: what is copied stands in scripts/mutation/stryker.config.json`,
  )
  process.exit(1)
}
/** @param {string[]} statuses */
const count = (...statuses) => mutants.filter((mutant) => statuses.includes(mutant.status)).length
console.log(`mutate: ${count('Killed', 'Timeout')} killed, ${count('Survived', 'NoCoverage')} survived`)
