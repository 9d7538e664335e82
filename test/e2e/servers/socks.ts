import type { LabHost } from '../../../lab/lab.js'
import { freePort, type Server, ServerFolder, startServer } from './server.js'

/** Starts microsocks on loopback or on a host of a lab. It asks for this user and password. */
export async function startMicrosocks(user: string, password: string, host?: LabHost): Promise<Server> {
  const port = await freePort()
  const args = ['-i', host?.ipv4 ?? '127.0.0.1', '-p', String(port), '-u', user, '-P', password]
  return startServer('microsocks', args, port, host)
}

/** Starts dante on loopback, which asks for no password and refuses to connect to a blocked port. */
export async function startDante(blockedPort: number): Promise<Server> {
  const folder = new ServerFolder()
  const port = await freePort()
  const config = [
    `logoutput: ${folder.path}/log`,
    `internal: 127.0.0.1 port = ${port}`,
    'external: lo',
    'socksmethod: none',
    'clientmethod: none',
    'user.unprivileged: nobody',
    'client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }',
    `socks block { from: 127.0.0.0/8 to: 0.0.0.0/0 port = ${blockedPort} }`,
    'socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }',
  ]
  const file = folder.write('danted.conf', `${config.join('\n')}\n`)
  return startServer('danted', ['-f', file, '-p', `${folder.path}/pid`], port)
}
