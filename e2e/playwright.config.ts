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
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    browserName: 'chromium',
    launchOptions: chromiumLaunch(),
    actionTimeout: 10_000,
    navigationTimeout: 20_000,
    trace: 'off',
  },
})
