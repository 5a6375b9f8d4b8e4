import { describe, expect, it } from 'vitest'
import { workerContract } from '../testing/contracts/worker-contract.fixture.ts'
import { workerDeathContract } from '../testing/contracts/worker-death-contract.fixture.ts'

const api = { describe, it, expect }
const spawnShop = () =>
  new Worker(new URL('../testing/shop.worker.fixture.ts', import.meta.url), { type: 'module' })

describe('a store with a real worker', () => workerContract(api, spawnShop))
describe('a worker that dies', () => workerDeathContract(api, spawnShop))
