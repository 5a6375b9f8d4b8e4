/** Binds an HTTP server; looks for the next free port if the wanted one is taken and any will do. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Options } from './options.ts'

const portsTriedMax = 20

export async function listen(server: Server, { host, port, portGiven }: Options): Promise<number> {
  for (let next = port; ; next++) {
    try {
      return await bind(server, host, next)
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!taken || portGiven || next >= port + portsTriedMax) throw error
    }
  }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
