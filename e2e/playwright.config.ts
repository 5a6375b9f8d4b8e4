// The browser suites: the built shop, a real server process, a real Chromium. Nothing is retried: a test that
// passes only sometimes has a defect with a cause.
import { defineConfig } from '@playwright/test'
import { chromiumLaunch } from '../scripts/chromium.mjs'

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  globalSetup: './harness/global-setup.ts',
  // The kill campaign keeps its logs beside this folder, which is emptied at each start.
  outputDir: 'test-results/playwright',
  reporter: 'list',
  workers: 2,
  fullyParallel: true,
  retries: 0,
  forbidOnly: true,
  // What a test claims about time has a limit of its own in it; these are for what hangs.
  timeout: 180_000,
  expect: { timeout: 20_000 },
  use: {
    browserName: 'chromium',
    launchOptions: chromiumLaunch(),
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    trace: 'off',
  },
})
