import { describe, expect, it } from 'vitest'
import { locksContract } from './contracts/locks-contract.ts'
import { tabChannelContract } from './contracts/tab-channel-contract.ts'
import { memoryLocks, memoryTabChannels } from './memory-ports.ts'

const api = { describe, it, expect }

describe('locks in memory', () => locksContract(api, memoryLocks))
describe('tab channels in memory', () => tabChannelContract(api, memoryTabChannels()))
