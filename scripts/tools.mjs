// Tools of the system with which some tests look at a process from outside. What is missing is installed where that can
// be done (as root on Debian); elsewhere it is said, and the tests that need it are skipped, which they say too.
import { spawnSync } from 'node:child_process'
import { canInstallPackages, installPackages } from './debian.mjs'

/**
 * What these are to a machine. A tool's package bears its name.
 * @typedef {{ isThere: (tool: string) => boolean, canInstall: () => boolean, install: (tools: readonly string[]) => void }} Machine
 */

/** @type {Machine} */
const thisMachine = {
  isThere: (tool) => spawnSync(tool, ['-V'], { stdio: 'ignore' }).error === undefined,
  canInstall: canInstallPackages,
  install: installPackages,
}

/**
 * @param {readonly string[]} tools
 * @param {(line: string) => void} say
 */
export function ensureTools(tools, say, machine = thisMachine) {
  const missing = tools.filter((tool) => !machine.isThere(tool))
  if (missing.length === 0) return
  if (machine.canInstall()) {
    say(`installing ${missing.join(', ')}`)
    try {
      machine.install(missing)
    } catch (error) {
      say(`could not be installed: ${error instanceof Error ? error.message : error}`)
    }
  }
  for (const tool of missing.filter((one) => !machine.isThere(one)))
    say(`skipped: what needs ${tool}, which is not here (on Debian: apt-get install ${tool})`)
}
