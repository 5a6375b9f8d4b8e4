import { describe, expect, it } from 'vitest'
import { locksContract } from '../testing/contracts/locks-contract.ts'
import { webLocks } from './browser-ports.ts'

describe('Web Locks', () => locksContract({ describe, it, expect }, () => webLocks))
