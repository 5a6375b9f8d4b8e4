/** The worker: the store of this tab, its database and its talk with the server. */
import { serveStore, webSocket } from 'varve/worker'
import { shop } from './model/shop.ts'

serveStore(shop, { sync: webSocket('/sync') })
