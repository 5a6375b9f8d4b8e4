// Installs Debian's packages where that can be done: as root on Debian.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const installMs = 600_000

export function canInstallPackages() {
  return (
    isRoot() && existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  )
}

/** @param {readonly string[]} packages */
export function installPackages(packages) {
  const lock = ['-o', 'DPkg::Lock::Timeout=300']
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...lock, ...packages])
}

export function isRoot() {
  return process.getuid?.() === 0
}

/** @param {string} command @param {readonly string[]} args */
function run(command, args) {
  execFileSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: installMs,
  })
}
