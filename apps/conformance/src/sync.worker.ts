/**
 * A store's worker that syncs with the server that its own name is the address of. Not a query of its script's address:
 * with it the script would be another module than the one that its later parts import, and serve twice.
 */
import { serveStore, webSocket } from 'varve/worker'
import { shop } from '../../../packages/varve/src/core/cart.fixture.ts'

serveStore(shop, { sync: webSocket(self.name) })
