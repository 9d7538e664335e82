import type { RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { asError } from '../../core/api/errors.js'
import type { Place } from '../../core/plugin/network.js'
import type { NodeTypes } from './node-types.js'

/** Whom an agent tells that a connection is there, or that there is none. */
type Done = (error: Error | null, socket: Duplex) => void

/** Makes the connection of a request. */
type ConnectTo = (remote: Place) => Promise<Socket>

/** Agents of HTTP and HTTPS whose connections are made by `connect`. */
export function makeAgents(connect: ConnectTo): {
  readonly http: NodeTypes['HttpAgent']
  readonly https: NodeTypes['HttpsAgent']
} {
  // Not imported by this module: few plugins speak HTTP, and nobody awaits an agent.
  const http = process.getBuiltinModule('node:http')
  const https = process.getBuiltinModule('node:https')

  class HttpAgent extends http.Agent {
    override createConnection(options: RequestOptions, done?: Done) {
      return isLocal(options)
        ? super.createConnection(options, done)
        : later(connect(placeOf(options)), done!)
    }
  }

  class HttpsAgent extends https.Agent {
    override createConnection(options: RequestOptions, done?: Done) {
      // Node speaks TLS over a socket that it is given; its types do not know that.
      const secure = (socket: Socket) => super.createConnection({ ...options, socket } as RequestOptions)!
      return isLocal(options)
        ? super.createConnection(options, done)
        : later(connect(placeOf(options)).then(secure), done!)
    }
  }

  return { http: new HttpAgent(), https: new HttpsAgent() }
}

/** Whether a request goes to a Unix socket of this host. */
function isLocal({ socketPath }: RequestOptions): boolean {
  return typeof socketPath === 'string'
}

function placeOf({ host, port }: RequestOptions): Place {
  return { host: host ?? 'localhost', port: Number(port) }
}

/** Hands a connection over once it is there. */
function later(connecting: Promise<Duplex>, done: Done): undefined {
  connecting.then(
    (socket) => done(null, socket),
    // What an agent does with an error needs no socket.
    (thrown) => (done as (error: Error) => void)(asError(thrown)),
  )
}
