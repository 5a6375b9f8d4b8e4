import { memoryLog } from './memory-log.ts'
import { describeServerLog } from './server-log-contract.ts'

describeServerLog('memory', () => memoryLog())
