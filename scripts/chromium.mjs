// Where Chromium is and how it is started; one answer for vitest's browser project, Playwright and the launcher.
// Playwright's own download is used when the system has none (or VARVE_CHROMIUM names another).
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright'
import { canInstallPackages, installPackages, isRoot } from './debian.mjs'

const systemPaths = ['/usr/bin/chromium']

/** The suggestions below the address bar: two pages of Chromium's own in each window, dearer than the one under test. */
const suggestions = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup']
/** What Playwright leaves out of every Chromium. Of two such lists Chromium takes the last, so it must be in ours. */
const leftOutByPlaywright = [
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'DialMediaRouteProvider'],
  ...['GlobalMediaControls', 'HttpsUpgrades', 'LensOverlay', 'MediaRouter', 'PaintHolding'],
  ...['ThirdPartyStoragePartitioning', 'BlockOriginHeaderModificationOnRedirect', 'Translate'],
  ...['AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled'],
]

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
      `--disable-features=${[...leftOutByPlaywright, ...suggestions].join(',')}`,
    ],
  }
}

export function hasChromium() {
  return systemChromium() !== undefined || existsSync(chromium.executablePath())
}

/** Installs Chromium: by apt as root on Debian (only there is the package a real browser), else by Playwright. */
export function installChromium() {
  if (canInstallPackages()) return installPackages(['chromium'])
  execFileSync('playwright', ['install', 'chromium'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
}

function systemChromium() {
  return [process.env.VARVE_CHROMIUM, ...systemPaths].find((path) => path && existsSync(path))
}
