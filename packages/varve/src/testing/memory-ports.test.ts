import { describe, expect, it } from 'vitest'
import { locksContract } from './contracts/locks-contract.ts'
import { memoryLocks } from './memory-ports.ts'

describe('locks in memory', () => locksContract({ describe, it, expect }, memoryLocks))
