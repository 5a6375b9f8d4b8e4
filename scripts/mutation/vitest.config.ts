import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    testTimeout: 20_000,
    include: [
      'packages/varve/src/{core,engine,log,sync}/**/*.test.ts',
      'packages/varve/src/testing/check/traces.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/*.browser.test.ts'],
  },
})
