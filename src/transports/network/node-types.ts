import type dgram from 'node:dgram'
import type http from 'node:http'
import type https from 'node:https'
import type net from 'node:net'
import type { Duplex } from 'node:stream'
import type tls from 'node:tls'

/** What a plugin's network is made of in Node. */
export interface NodeTypes {
  readonly Duplex: Duplex
  readonly Socket: net.Socket
  readonly Server: net.Server
  readonly TlsSocket: tls.TLSSocket
  readonly TlsOptions: Omit<tls.ConnectionOptions, 'socket' | 'host' | 'port' | 'path' | 'lookup'>
  readonly UdpSocket: dgram.Socket
  readonly HttpAgent: http.Agent
  readonly HttpsAgent: https.Agent
}

declare module '../../core/plugin/platform-types.js' {
  interface PlatformTypes extends NodeTypes {}
}
