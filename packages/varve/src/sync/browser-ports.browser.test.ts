import { describe, expect, it } from 'vitest'
import { locksContract } from '../testing/contracts/locks-contract.ts'
import { tabChannelContract } from '../testing/contracts/tab-channel-contract.ts'
import { webLocksContract } from '../testing/contracts/web-locks-contract.ts'
import { openTabChannel, webLocks } from './browser-ports.ts'

const api = { describe, it, expect }

describe('Web Locks', () => {
  locksContract(api, () => webLocks)
  webLocksContract(api)
})
describe('BroadcastChannel', () => tabChannelContract(api, openTabChannel))
