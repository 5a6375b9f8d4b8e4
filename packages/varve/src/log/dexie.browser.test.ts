import { describe, expect, it } from 'vitest'
import { openBrowserDisk } from '../testing/contracts/browser-disk.ts'
import { idbContract } from '../testing/contracts/idb-contract.ts'
import { logContract } from '../testing/contracts/log-contract.ts'

const api = { describe, it, expect }

describe('the log on IndexedDB in a browser', () => logContract(api, openBrowserDisk))
describe('IndexedDB in a browser', () => idbContract(api, openBrowserDisk))
