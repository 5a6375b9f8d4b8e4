import { expect, it } from 'vitest'
import { ensureTools } from '../../../../scripts/tools.mjs'

/** What is said and installed on a machine like this. */
function ensured(machine: {
  readonly has?: string
  readonly canInstall: boolean
  readonly install?: 'works' | 'fails'
}) {
  const there = new Set(machine.has === undefined ? [] : [machine.has])
  const said: string[] = []
  const installed: string[] = []
  ensureTools(['strace'], (line) => said.push(line), {
    isThere: (tool) => there.has(tool),
    canInstall: () => machine.canInstall,
    install(tools) {
      installed.push(...tools)
      if (machine.install === 'fails') throw new Error('no network')
      for (const tool of tools) there.add(tool)
    },
  })
  return { said, installed }
}

const skipped = 'skipped: what needs strace, which is not here (on Debian: apt-get install strace)'

it('the launcher installs a tool that is missing where it may', () => {
  expect(ensured({ canInstall: true, has: 'strace' })).toEqual({ said: [], installed: [] })
  expect(ensured({ canInstall: true })).toEqual({ said: ['installing strace'], installed: ['strace'] })
})

it('the launcher says what is skipped where it may not, or could not', () => {
  expect(ensured({ canInstall: false })).toEqual({ said: [skipped], installed: [] })
  expect(ensured({ canInstall: true, install: 'fails' }).said).toEqual([
    'installing strace',
    'could not be installed: no network',
    skipped,
  ])
})
