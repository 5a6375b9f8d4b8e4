/** A real worker over states that it cannot post. */
import { serveStore } from '../worker/serve.ts'
import { gates } from './uncloneable.fixture.ts'

serveStore(gates)
