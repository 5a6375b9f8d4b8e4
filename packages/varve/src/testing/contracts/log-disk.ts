/** What a contract of the log port needs of the place where a log is stored. */
import type { StoreLog } from '../../log/port.ts'

/** The functions of a test runner, as far as contracts use them: vitest's fit, and so do those of others. */
export interface TestApi {
  describe(title: string, body: () => void): unknown
  it(title: string, body: () => Promise<void>): unknown
  expect(actual: unknown): { toEqual(expected: unknown): unknown }
}

export interface FaultLatch {
  fired(): boolean
  release(): void
}

/** A new, empty place for one store. */
export interface LogDisk {
  /** One more handle, as another tab would have. */
  open(): StoreLog
  /** Site data cleared under open handles. */
  erase(): Promise<void>
  /** The n-th write from now fails, with all its transaction. */
  failWrite(n: number): FaultLatch
}

export type OpenDisk = () => Promise<LogDisk>

/** The code of a failure; of anything else the whole thing, so that a comparison shows it. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { resolved: await promise }
  } catch (error) {
    return (error as { readonly code?: unknown }).code ?? error
  }
}
