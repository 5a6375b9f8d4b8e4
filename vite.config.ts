// The tests of the workspace. Apps have a Vite config of their own.
//   unit     in Node                      *.test.ts
//   campaign in Node: many histories, worlds, kills and faults, which take their time
//   types    by the compiler              *.test-d.ts
//   browser  in a real Chromium           *.browser.test.ts
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumLaunch } from './scripts/chromium.mjs'

const browserTests = ['packages/*/src/**/*.browser.test.{ts,tsx}']
const campaigns = [
  'packages/varve/src/testing/sim/**/*.test.ts',
  'packages/varve/src/testing/check/**/*.test.ts',
  'packages/varve-server/src/{simulation,kill,faults,crowd,reconnect-storm}.test.ts',
]

export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: [
      {
        test: {
          name: 'unit',
          // More than cores: many wait, for timers and for processes.
          maxWorkers: 3,
          // Generous: a test fails for what it finds, never because the machine is busy.
          testTimeout: 120_000,
          environment: 'node',
          include: ['packages/*/src/**/*.test.{ts,tsx}', 'apps/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**', ...browserTests, ...campaigns],
          // No module keeps anything; to load them anew for each file is a third of the time.
          isolate: false,
        },
      },
      {
        test: {
          name: 'campaign',
          testTimeout: 300_000,
          environment: 'node',
          include: campaigns,
          maxWorkers: 2,
          // As Node itself loads them: a third faster, and as `npm run sim` does.
          experimental: { viteModuleRunner: false },
        },
      },
      {
        test: {
          name: 'types',
          include: [],
          // Errors elsewhere are the type check's to report.
          typecheck: {
            enabled: true,
            only: true,
            ignoreSourceErrors: true,
            include: ['packages/*/src/**/*.test-d.ts'],
          },
        },
      },
      {
        test: {
          name: 'browser',
          testTimeout: 60_000,
          include: browserTests,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromiumLaunch() }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
