/** What the page tells whoever drives it. */
import type { CaseResult } from './runner.ts'

export interface ConformanceResult {
  /** As the browser names itself. */
  readonly browser: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly ms: number
  readonly cases: readonly CaseResult[]
}

declare global {
  interface Window {
    /** Resolves when all cases are done; never rejects. */
    conformance: Promise<ConformanceResult>
  }
}
