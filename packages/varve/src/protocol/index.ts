/** The door `varve/protocol`: the messages that a client and a server exchange, and the JSON codec. */
export { decodeClient, decodeServer, encode, utf8Length } from './codec.ts'
export type {
  Auth,
  ClientMessage,
  Cursor,
  Entries,
  Goaway,
  Hello,
  Locate,
  Located,
  LogHeadNote,
  Ping,
  Pong,
  Pull,
  Push,
  Receipt,
  RefusalClass,
  RefusalCode,
  Refuse,
  ServerMessage,
  Welcome,
  WireLimits,
} from './messages.ts'
export { locatePointsMax, protocolVersion, refusalClasses, wireLimits } from './messages.ts'
export { type ParsedMessage, parseClientMessage, parseServerMessage } from './parse.ts'
