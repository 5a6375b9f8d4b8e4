// Where Chromium is and how it is started; one answer for vitest's browser project, Playwright and the launcher.
// Playwright's own download is used when the system has none (or VARVE_CHROMIUM names another).
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chromium } from 'playwright'

const systemPaths = ['/usr/bin/chromium']

/** The `launchOptions` for Playwright. */
export function chromiumLaunch() {
  const executablePath = systemChromium()
  return {
    ...(executablePath && { executablePath }),
    // Chromium's sandbox refuses to run as root.
    chromiumSandbox: !isRoot(),
    // A closed network is no reason to wait: nothing of the browser's own shall knock at it.
    args: [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-quic',
    ],
  }
}

export function hasChromium() {
  return systemChromium() !== undefined || existsSync(chromium.executablePath())
}

/** Installs Chromium: by apt as root on Debian (only there is the package a real browser), else by Playwright. */
export function installChromium() {
  /** @param {string} command @param {string[]} args */
  const run = (command, ...args) =>
    execFileSync(command, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      shell: process.platform === 'win32',
    })
  if (!isRoot() || !isDebian()) return run('playwright', 'install', 'chromium')
  const lock = ['-o', 'DPkg::Lock::Timeout=300']
  run('apt-get', 'update', '-qq')
  run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...lock, 'chromium')
}

function systemChromium() {
  return [process.env.VARVE_CHROMIUM, ...systemPaths].find((path) => path && existsSync(path))
}

function isRoot() {
  return process.getuid?.() === 0
}

function isDebian() {
  return existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
}
