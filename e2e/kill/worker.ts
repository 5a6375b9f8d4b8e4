import { serveStore, webSocket } from 'varve/worker'
import { room } from './model.ts'

serveStore(room, { sync: webSocket('/sync') })
