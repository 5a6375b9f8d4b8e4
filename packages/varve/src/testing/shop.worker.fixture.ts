/** A real worker for tests in a browser: the model of the README, without a server. */
import { shop } from '../core/cart.fixture.ts'
import { serveStore } from '../worker/serve.ts'

serveStore(shop)
